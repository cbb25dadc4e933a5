import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { mainFile } from './harness/controller.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { type Finished, run } from './harness/kubectl.ts';
import { Stand } from './harness/stand.ts';
import { classGroup, type Tenant } from './harness/tenant.ts';
import type { ReadSecret } from './harness/tenant-objects.ts';
import { until } from './harness/until.ts';
import type { Volume } from './harness/volume.ts';

const driverLabel = 'secrets-store.csi.k8s.io/managed';

/** The driver of the node writes the Secret itself: what is told here is what 1.6.0 does. */
controllerE2e({ name: "Leaving the driver's own sync", slug: 'migrate-driver' }, (stand) => {
  let node: Stand;
  let tenant: Tenant;
  let volume: Volume;
  let before: ReadSecret;
  const secretObjects = [{ secretName: 'web-secret', type: 'Opaque', data: [{ objectName: 'a', key: 'password' }] }];

  beforeAll(async () => {
    node = await Stand.start(stand().run, 'migrate-driver-node', '1.6.0');
    tenant = stand().tenantOf(node.namespace);
    await node.startProvider();
    await stand().startController('--interval=1h');
    const value = await node.putSecret('web');
    stand().evidence.mark('the value of the Secret', value);
    const objects = stringify([{ objectName: 'a', secretPath: 'secret/data/web', secretKey: 'value' }]);
    await node.kube.call('POST', `${classGroup}/namespaces/${node.namespace}/secretproviderclasses`, {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name: 'web' },
      spec: {
        provider: 'vault',
        parameters: { roleName: 'app', vaultAddress: node.proxy.address, objects },
        secretObjects,
      },
    });
    volume = await node.createVolume('web');
    await volume.publish();
    before = await untilSecret('to be made by the driver', ({ metadata }) => metadata.labels?.[driverLabel] === 'true');
  });
  afterAll(async () => {
    await node.close();
    expect(node.evidence.leaks()).toEqual([]);
  });

  async function untilSecret(what: string, isSo: (secret: ReadSecret) => boolean): Promise<ReadSecret> {
    let last: ReadSecret | undefined;
    const look = async (): Promise<boolean> => {
      last = await tenant.readSecret('web-secret');
      return last !== undefined && isSo(last);
    };
    await until(look, { what: `the Secret ${what}`, timeoutMs: 60_000 });
    if (last === undefined) throw new Error('no Secret');
    return last;
  }

  /** Class and pods as the cluster has them. */
  async function migrate(step: string, ...flags: readonly string[]): Promise<Finished & { readonly file: string }> {
    const dir = join(stand().dir, step);
    mkdirSync(dir);
    const listed = await stand().kubectl('get', 'secretproviderclasses,pods', '-o', 'yaml', '-n', node.namespace);
    writeFileSync(join(dir, 'in.yaml'), listed.output);
    const argv = ['migrate', '-f', join(dir, 'in.yaml'), '-o', dir, ...flags];
    const finished = await run(process.execPath, [mainFile, ...argv]);
    stand().evidence.add('commands', finished.output);
    return { ...finished, file: join(dir, node.namespace, 'web.yaml') };
  }

  let first: string;
  let second: string;

  it('1. class and pods give both steps, read as the service account of the pods', async () => {
    const shadow = await migrate('shadow');
    const sync = await migrate('sync', '--mode', 'Sync');

    expect(shadow).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^1 object translated, 0 errors, 0 warnings/),
    });
    expect(sync.code).toBe(0);
    [first, second] = [shadow.file, sync.file];
  });

  it('2. Shadow is identical while the driver goes on', async () => {
    expect(await stand().kubectl('apply', '-f', first)).toMatchObject({ code: 0 });

    await tenant.untilSync('web', 'to be identical', ({ status }) => status?.secrets?.[0]?.state === 'Identical');
    expect((await tenant.readSecret('web-secret'))?.data).toEqual(before.data);
    await volume.publish();
  });

  it('3. doctor says that the driver’s sync is on, and what it keeps', async () => {
    const { code, output } = await stand().lockstep('doctor', '-n', node.namespace);

    expect(code).toBe(0);
    expect(output).toMatch(/^warning +driver-sync-on +cluster\n.*migrate-driver-node\/web-secret/m);
  });

  it('4. taking over a Secret with the driver’s label is refused with the way out', async () => {
    expect(await stand().kubectl('apply', '-f', second)).toMatchObject({ code: 0 });

    const { message } = await tenant.reason('web', 'SecretConflict');
    expect(message).toContain(driverLabel);
    const { metadata, data } = (await tenant.readSecret('web-secret')) ?? before;
    expect({ data, uid: metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
  });

  it('5. without its label and its owners it is adopted: the same object, the same data', async () => {
    const [namespace, name] = [`--namespace=${node.namespace}`, 'web-secret'];
    expect(await stand().kubectl('label', 'secret', name, `${driverLabel}-`, namespace)).toMatchObject({ code: 0 });
    const patch = '{"metadata":{"ownerReferences":null}}';
    const owners = ['patch', 'secret', name, '--type=merge', `--patch=${patch}`, namespace];
    expect(await stand().kubectl(...owners)).toMatchObject({ code: 0 });

    await tenant.ready('web', 30_000);
    const { metadata, data } = (await tenant.readSecret(name)) ?? before;
    expect({ data, uid: metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
    expect(metadata.labels).toMatchObject({ 'lockstep.dev/managed': 'true' });
    expect(metadata.ownerReferences).toBeUndefined();
  });

  it('6. the driver leaves it alone from then on, at republishes, and when the pod goes', async () => {
    const { metadata } = (await tenant.readSecret('web-secret')) ?? before;

    for (let time = 0; time < 3; time++) await volume.publish();
    await volume.unpublish();
    await stand().kube.remove(`/api/v1/namespaces/${node.namespace}/pods/${volume.pod.name}`);
    // Its owners are looked at every 5 s.
    const startedAt = Date.now();
    await until(() => Date.now() - startedAt > 7_000, { what: 'the driver to have looked' });

    expect((await tenant.readSecret('web-secret'))?.metadata).toEqual(metadata);
  });

  it('7. the way back: the class with its secretObjects, and the driver takes the Secret again', async () => {
    const marks = ['lockstep.dev/owner-', 'lockstep.dev/adopted-', `--namespace=${node.namespace}`];
    expect(await stand().kubectl('delete', 'spcsync', 'web', `--namespace=${node.namespace}`)).toMatchObject({
      code: 0,
    });
    expect(await stand().kubectl('annotate', 'secret', 'web-secret', ...marks)).toMatchObject({ code: 0 });
    const unlabel = ['label', 'secret', 'web-secret', 'lockstep.dev/managed-', `--namespace=${node.namespace}`];
    expect(await stand().kubectl(...unlabel)).toMatchObject({ code: 0 });
    expect((await tenant.readSecret('web-secret'))?.data).toEqual(before.data);

    await stand().kube.call('PATCH', tenant.classPath('web'), { spec: { secretObjects } });
    const again = await node.createVolume('web');
    await again.publish();

    const taken = await untilSecret(
      'to be the driver’s again',
      ({ metadata }) => metadata.labels?.[driverLabel] === 'true',
    );
    expect({ data: taken.data, uid: taken.metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
  });
});
