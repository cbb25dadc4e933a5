import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mainFile } from './harness/controller.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { createOperatorCrds, operatorGroup, playOperator, removeOperatorCrds } from './harness/eso.ts';
import { KubeApi, type KubeObject } from './harness/kube-api.ts';
import { type Finished, run } from './harness/kubectl.ts';
import { soon, until } from './harness/until.ts';

controllerE2e({ name: 'Leaving External Secrets Operator', slug: 'migrate-eso' }, (stand) => {
  let kube: KubeApi;
  beforeAll(async () => {
    kube = new KubeApi(stand().run.cluster);
    await createOperatorCrds(kube);
    await stand().startController('--interval=1h');
    await putObject('SecretStore', 'vault', {
      provider: {
        vault: {
          server: stand().proxy.address,
          path: 'secret',
          version: 'v2',
          auth: { kubernetes: { role: 'app', serviceAccountRef: { name: 'app', audiences: ['vault'] } } },
        },
      },
    });
  });
  afterAll(async () => {
    await removeOperatorCrds(kube);
    await kube.close();
  });

  async function putObject(kind: string, name: string, spec: object): Promise<KubeObject> {
    const path = `/apis/${operatorGroup}/v1/namespaces/${stand().tenant.namespace}/${kind.toLowerCase()}s`;
    return await stand().kube.call<KubeObject>('POST', path, {
      apiVersion: `${operatorGroup}/v1`,
      kind,
      metadata: { name },
      spec,
    });
  }

  /** `lockstep migrate` over what kubectl says the namespace has; the output goes into a file. */
  async function migrate(name: string, ...flags: readonly string[]): Promise<Finished & { readonly file: string }> {
    const dir = join(stand().dir, name);
    mkdirSync(dir, { recursive: true });
    const kinds = 'externalsecrets,secretstores';
    const listed = await stand().kubectl('get', kinds, '-o', 'yaml', '-n', stand().tenant.namespace);
    const input = join(dir, 'in.yaml');
    writeFileSync(input, listed.output);
    const finished = await run(process.execPath, [mainFile, 'migrate', '-f', input, '-o', dir, ...flags]);
    stand().evidence.add('commands', finished.output);
    return { ...finished, file: join(dir, stand().tenant.namespace, `${name}.yaml`) };
  }

  async function apply(file: string): Promise<void> {
    const { code, output } = await stand().kubectl('apply', '-f', file);
    expect({ code, output }).toMatchObject({ code: 0 });
  }

  /** A user and a password in Vault, the ExternalSecret that wants them, and the Secret as the operator makes it. */
  async function createPair(name: string): Promise<Readonly<Record<string, string>>> {
    const [user, password] = [
      stand().evidence.newSecret(`${name} user`),
      stand().evidence.newSecret(`${name} password`),
    ];
    await stand().vault.putSecret(name, { user, password });
    const externalSecret = await putObject('ExternalSecret', name, {
      refreshInterval: '1h0m0s',
      secretStoreRef: { name: 'vault', kind: 'SecretStore' },
      target: {
        name: `${name}-login`,
        template: { type: 'kubernetes.io/basic-auth', data: { username: '{{ .user }}', password: '{{ .password }}' } },
      },
      dataFrom: [{ extract: { key: name } }],
    });
    const data = { username: user, password };
    await playOperator(stand().kube, externalSecret, { name: `${name}-login`, type: 'kubernetes.io/basic-auth', data });
    return data;
  }

  describe('step by step', () => {
    let data: Readonly<Record<string, string>>;
    let before: Awaited<ReturnType<ReturnType<typeof stand>['tenant']['readSecret']>>;
    beforeAll(async () => {
      data = await createPair('db');
      before = await stand().tenant.readSecret('db-login');
    });

    it('1. the translation has everything and says so', async () => {
      const { code, output, file } = await migrate('db');
      expect({ code, output }).toEqual({ code: 0, output: '1 object translated, 0 errors, 0 warnings\n' });
      await apply(file);
    });

    it('2. Shadow proves that both tools mean the same, and writes nothing', async () => {
      const { tenant } = stand();
      const { status } = await tenant.untilSync('db', 'to have compared', (sync) => sync.status?.secrets !== undefined);
      expect(status?.secrets).toEqual([{ name: 'db-login', state: 'Identical' }]);
      await tenant.ready('db');
      expect(await tenant.readSecret('db-login')).toEqual(before);
    });

    it('3. IfIdentical takes the Secret over: the same object, not a byte of its data changed', async () => {
      const { tenant } = stand();
      const { code, file } = await migrate('db', '--mode', 'Sync', '--adoption', 'IfIdentical');
      expect(code).toBe(0);
      await apply(file);
      await tenant.untilEvent('db', 'SecretAdopted');
      await tenant.ready('db');
      const after = await tenant.readSecret('db-login');
      expect(after?.data).toEqual(data);
      expect({ type: after?.type, uid: after?.metadata.uid }).toEqual({
        type: before?.type,
        uid: before?.metadata.uid,
      });
      expect(after?.metadata.labels).toMatchObject({ 'lockstep.dev/managed': 'true' });
    });

    it('4. doctor names what still binds the Secret to the operator', async () => {
      const { code, output } = await stand().lockstep('doctor', '-n', stand().tenant.namespace, '-o', 'json');
      const namespace = stand().tenant.namespace;
      expect(code).toBe(1);
      expect(JSON.parse(output)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ id: 'eso-overlap', object: `Secret ${namespace}/db-login` }),
          expect.objectContaining({ id: 'eso-owner', object: `Secret ${namespace}/db-login` }),
        ]),
      );
    });

    it('5. the ExternalSecret goes and the Secret stays', async () => {
      const { tenant } = stand();
      const gone = await stand().kubectl('delete', 'externalsecret', 'db', '--cascade=orphan', '-n', tenant.namespace);
      expect(gone.code).toBe(0);
      // The collector of garbage looks for new kinds every 30 s.
      const isFree = async (): Promise<boolean> =>
        (await tenant.readSecret('db-login'))?.metadata.ownerReferences === undefined;
      await until(isFree, { what: 'the owner reference to go', timeoutMs: 60_000 });
      expect(await tenant.readSecret('db-login')).toMatchObject({ data, metadata: { uid: before?.metadata.uid } });
      const { output } = await stand().lockstep('doctor', '-n', tenant.namespace, '-o', 'json');
      expect(output).not.toContain('db-login');
    });

    it('6. lockstep brings the next value', async () => {
      const { tenant } = stand();
      const password = stand().evidence.newSecret('the next password');
      await stand().vault.putSecret('db', { user: data['username'] ?? '', password });
      const force = ['annotate', 'spcsync', 'db', 'lockstep.dev/force-sync=1', '--overwrite', '-n', tenant.namespace];
      expect((await stand().kubectl(...force)).code).toBe(0);
      await expect.poll(() => tenant.readValue('db-login', 'password'), soon).toBe(password);
      data = { ...data, password };
    });

    it('7. the way back: the SecretProviderClassSync goes, the Secret stays, and the operator takes it again', async () => {
      const { tenant } = stand();
      const { namespace } = tenant;
      expect((await stand().kubectl('delete', 'spcsync,secretproviderclass', 'db', '-n', namespace)).code).toBe(0);
      const marks = ['lockstep.dev/owner-', 'lockstep.dev/adopted-'];
      expect((await stand().kubectl('annotate', 'secret', 'db-login', ...marks, '-n', namespace)).code).toBe(0);
      const label = ['label', 'secret', 'db-login', 'lockstep.dev/managed-', '-n', namespace];
      expect((await stand().kubectl(...label)).code).toBe(0);
      expect(await tenant.readSecret('db-login')).toMatchObject({ data, metadata: { uid: before?.metadata.uid } });

      const again = await putObject('ExternalSecret', 'db', {});
      await playOperator(stand().kube, again, { name: 'db-login', type: 'kubernetes.io/basic-auth', data });
      const taken = await tenant.readSecret('db-login');
      expect(taken).toMatchObject({
        data,
        metadata: { uid: before?.metadata.uid, ownerReferences: [{ kind: 'ExternalSecret' }] },
      });
      expect(JSON.stringify(taken?.metadata.annotations)).not.toContain('lockstep.dev');
      await stand().kube.remove(`/apis/${operatorGroup}/v1/namespaces/${namespace}/externalsecrets/db`);
    });
  });

  it('A translation that lacks a key is Different, and IfIdentical takes nothing over', async () => {
    const { tenant } = stand();
    const value = stand().evidence.newSecret('a value');
    await stand().vault.putSecret('lacking', { value });
    const externalSecret = await putObject('ExternalSecret', 'lacking', {
      secretStoreRef: { name: 'vault' },
      target: { template: { data: { value: '{{ .value }}', url: 'https://{{ .value }}' } } },
      data: [{ secretKey: 'value', remoteRef: { key: 'lacking', property: 'value' } }],
    });
    const data = { value, url: `https://${value}` };
    await playOperator(stand().kube, externalSecret, { name: 'lacking', type: 'Opaque', data });

    const { code, output, file } = await migrate('lacking');
    expect(code).toBe(1);
    expect(output).toContain('spec.target.template.data.url: needs a template engine');
    await apply(file);
    const { status } = await tenant.untilSync(
      'lacking',
      'to have compared',
      (sync) => sync.status?.secrets !== undefined,
    );
    expect(status?.secrets).toEqual([{ name: 'lacking', state: 'Different', differingKeys: ['url'] }]);

    await apply((await migrate('lacking', '--mode', 'Sync')).file);
    expect((await tenant.reason('lacking', 'SecretConflict')).message).toContain('url');
    expect((await tenant.readSecret('lacking'))?.data).toEqual(data);
  });

  it('A role that binds the audience of the API server is refused with the audience that lockstep sends', async () => {
    const { tenant } = stand();
    await stand().vault.putRole('eso', { audience: 'https://kubernetes.default.svc.cluster.local' });
    await stand().vault.putSecret('audience', { value: stand().evidence.newSecret('audience') });
    await putObject('SecretStore', 'eso', {
      provider: {
        vault: {
          server: stand().proxy.address,
          path: 'secret',
          auth: { kubernetes: { role: 'eso', serviceAccountRef: { name: 'app' } } },
        },
      },
    });
    await putObject('ExternalSecret', 'audience', {
      secretStoreRef: { name: 'eso' },
      data: [{ secretKey: 'value', remoteRef: { key: 'audience', property: 'value' } }],
    });

    const { output, file } = await migrate('audience');
    expect(output).toMatch(
      /warning: SecretStore migrate-eso\/eso: .*role: is used with tokens of the API server's own audience/,
    );
    await apply(file);
    expect((await tenant.reason('audience', 'VaultLoginRefused')).message).toContain('eso');

    // As the warning says: a role of its own.
    await stand().vault.putRole('eso-lockstep');
    const patch = { spec: { parameters: { roleName: 'eso-lockstep' } } };
    await stand().kube.call('PATCH', tenant.classPath('audience'), patch);
    await tenant.untilSync('audience', 'to have compared', ({ status }) => status?.secrets?.[0]?.state === 'Absent');
  });
});
