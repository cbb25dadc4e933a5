import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { controllerE2e } from './harness/controller-e2e.ts';
import { Guide } from './harness/guide.ts';
import { Stand } from './harness/stand.ts';
import { classGroup, type Tenant } from './harness/tenant.ts';
import type { ReadSecret } from './harness/tenant-objects.ts';
import { until } from './harness/until.ts';
import type { Volume } from './harness/volume.ts';

const driverLabel = 'secrets-store.csi.k8s.io/managed';

/** The driver of the node writes the Secret itself: what is told here is what 1.6.0 does. */
controllerE2e({ name: "Leaving the driver's own sync", slug: 'migrate-driver' }, (stand) => {
  let node: Stand;
  let guide: Guide;
  let tenant: Tenant;
  let volume: Volume;
  let before: ReadSecret;
  const secretObjects = [{ secretName: 'web-secret', type: 'Opaque', data: [{ objectName: 'a', key: 'password' }] }];

  beforeAll(async () => {
    node = await Stand.start(stand().run, 'billing', '1.6.0');
    tenant = stand().tenantOf(node.namespace);
    await node.startProvider();
    await stand().startController('--interval=1h');
    const value = await node.putSecret('web');
    stand().evidence.mark('the value of the Secret', value);
    const objects = stringify([{ objectName: 'a', secretPath: 'secret/data/web', secretKey: 'value' }]);
    const parameters = { roleName: 'app', vaultAddress: node.proxy.address, objects };
    guide = new Guide('migration.md', {
      kubeconfig: stand().run.cluster.kubeconfig,
      dir: join(stand().dir, 'guide'),
      onOutput: (output) => stand().evidence.add('commands', output),
    });
    const declared = {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name: 'web', namespace: node.namespace },
      spec: { provider: 'vault', parameters, secretObjects },
    };
    guide.write('class.yaml', [declared]);
    await node.kube.call('POST', `${classGroup}/namespaces/${node.namespace}/secretproviderclasses`, declared);
    volume = await node.createVolume('web');
    await volume.publish();
    before = await untilSecret('to be made by the driver', ({ metadata }) => metadata.labels?.[driverLabel] === 'true');
  });
  afterAll(async () => {
    await node.close();
    const leaks = node.evidence.leaks();
    if (leaks.length > 0) throw new Error(`on the node: ${leaks.join('; ')}`);
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

  const read = async (): Promise<ReadSecret> => (await tenant.readSecret('web-secret')) ?? before;

  it('1. class and pods are translated, read as the service account of the pods, and identical while the driver goes on', async () => {
    const { code, output } = await guide.run('1. Translate and compare');

    expect(code).toBe(0);
    expect(output).toContain('1 object translated, 0 errors, 0 warnings; not of a tool that is translated: 1 Pod');
    expect(output).toMatch(/\nweb +True +Shadowed .*1 of 1 Secret is identical/);
    expect((await read()).data).toEqual(before.data);
    expect((await read()).metadata.labels).toMatchObject({ [driverLabel]: 'true' });
    await volume.publish();
  });

  it('and doctor says that the driver’s sync is on, and what it keeps', async () => {
    const { code, output } = await stand().lockstep('doctor', '-n', node.namespace);

    expect(code).toBe(0);
    expect(output).toMatch(/^warning +driver-sync-on +cluster\n.*billing\/web-secret/m);
  });

  it('with the driver’s label on the Secret taking over is refused with the way out', async () => {
    const steps = 'lockstep migrate -f classes.yaml -o lockstep --mode Sync; kubectl apply -R -f lockstep';
    expect(await guide.sh(steps)).toMatchObject({ code: 0 });

    expect((await tenant.reason('web', 'SecretConflict')).message).toContain(driverLabel);
    const { metadata, data } = await read();
    expect({ data, uid: metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
  });

  it('2. without its label and its owners it is adopted: the same object, the same data', async () => {
    expect(await guide.run('2. Take over')).toMatchObject({ code: 0 });

    const { metadata, data } = await read();
    expect({ data, uid: metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
    expect(metadata.labels).toMatchObject({ 'lockstep.dev/managed': 'true' });
    expect(metadata.ownerReferences).toBeUndefined();
  });

  it('and the driver leaves it alone from then on, at republishes, and when the pod goes', async () => {
    const { metadata } = await read();

    for (let time = 0; time < 3; time++) await volume.publish();
    await volume.unpublish();
    await stand().kube.remove(`/api/v1/namespaces/${node.namespace}/pods/${volume.pod.name}`);
    // It looks for owners every 5 s.
    const startedAt = Date.now();
    await until(() => Date.now() - startedAt > 7_000, { what: 'the driver to have looked' });

    expect((await read()).metadata).toEqual(metadata);
  });

  it('Back to the driver: the class with its secretObjects, and the driver takes the Secret again', async () => {
    expect(await guide.run('Back to the driver')).toMatchObject({ code: 0 });
    expect((await read()).data).toEqual(before.data);

    const again = await node.createVolume('web');
    await again.publish();

    const taken = await untilSecret(
      'to be the driver’s again',
      ({ metadata }) => metadata.labels?.[driverLabel] === 'true',
    );
    expect({ data: taken.data, uid: taken.metadata.uid }).toEqual({ data: before.data, uid: before.metadata.uid });
  });
});
