import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import { createOperatorCrds, operatorGroup, operatorObject, playOperator, removeOperatorCrds } from './harness/eso.ts';
import { Guide } from './harness/guide.ts';
import { KubeApi, type KubeObject } from './harness/kube-api.ts';
import type { ReadSecret } from './harness/tenant-objects.ts';
import { soon } from './harness/until.ts';

const login = 'kubernetes.io/basic-auth';

controllerE2e({ name: 'Leaving External Secrets Operator', slug: 'shop' }, (stand) => {
  let kube: KubeApi;
  let guide: Guide;
  let store: KubeObject;
  beforeAll(async () => {
    const { run, dir, evidence, tenant, proxy } = stand();
    kube = new KubeApi(run.cluster);
    await createOperatorCrds(kube);
    await stand().startController('--interval=1h');
    const { kubeconfig } = run.cluster;
    guide = new Guide('migration.md', {
      kubeconfig,
      dir: join(dir, 'guide'),
      onOutput: (output) => evidence.add('commands', output),
    });
    const auth = { kubernetes: { role: 'app', serviceAccountRef: { name: 'app', audiences: ['vault'] } } };
    const vault = { server: proxy.address, path: 'secret', version: 'v2', auth };
    store = operatorObject('SecretStore', { namespace: tenant.namespace, name: 'vault' }, { provider: { vault } });
    await put(store);
  });
  afterAll(async () => {
    await removeOperatorCrds(kube);
    await kube.close();
  });

  async function put(object: KubeObject): Promise<KubeObject> {
    const path = `/apis/${operatorGroup}/v1/namespaces/${object.metadata.namespace}/${object.kind.toLowerCase()}s`;
    return await kube.call<KubeObject>('POST', path, object);
  }

  function externalSecret(name: string, spec: object): KubeObject {
    const whole = { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, ...spec };
    return operatorObject('ExternalSecret', { namespace: stand().tenant.namespace, name }, whole);
  }

  describe('by the guide', () => {
    let data: Readonly<Record<string, string>>;
    let before: ReadSecret | undefined;
    const find = async (name: string): Promise<KubeObject | undefined> =>
      await kube.find(`/apis/${operatorGroup}/v1/namespaces/shop/externalsecrets/${name}`);
    const read = (): Promise<ReadSecret | undefined> => stand().tenant.readSecret('db-login');

    beforeAll(async () => {
      const { evidence, vault } = stand();
      const [user, password] = [evidence.newSecret('user'), evidence.newSecret('password')];
      data = { username: user, password };
      await vault.putSecret('db', { user, password });
      const template = { type: login, data: { username: '{{ .user }}', password: '{{ .password }}' } };
      const declared = externalSecret('db', {
        refreshInterval: '1h0m0s',
        target: { name: 'db-login', deletionPolicy: 'Delete', template },
        dataFrom: [{ extract: { key: 'db' } }],
      });
      guide.write('eso.yaml', [store, declared]);
      // With the operator's own finalizer, which it would not take off once it leaves the store alone.
      const finalizers = ['externalsecrets.external-secrets.io/externalsecret-cleanup'];
      const made = await put({ ...declared, metadata: { ...declared.metadata, finalizers } as KubeObject['metadata'] });
      await playOperator(kube, made, { name: 'db-login', type: login, data });
      before = await read();
    });

    it('0. doctor finds nothing that stands in the way of a comparison', async () => {
      const { output } = await guide.run('Migration');
      expect(output).not.toContain('shop');
    });

    it('1. the translation has everything, and says what differs', async () => {
      const { code, output } = await guide.run('1. Translate');
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.stringMatching(
          /^eso\.yaml:\d+: warning: .*deletionPolicy: .*\n1 object translated, 0 errors, 1 warning\n$/,
        ),
      });
    });

    it('2. Shadow proves that both tools mean the same, and writes nothing', async () => {
      const { code, output } = await guide.run('2. Compare');
      expect(code).toBe(0);
      expect(output).toMatch(/\ndb +True +Shadowed .*1 of 1 Secret is identical/);
      expect(await read()).toEqual(before);
    });

    it('and goes back without a trace', async () => {
      expect(await guide.run('2. Compare', 2)).toMatchObject({ code: 0 });
      expect(await stand().tenant.readSync('db')).toBeUndefined();
      expect(await read()).toEqual(before);
    });

    it('3. IfIdentical takes the Secret over: the same object, not a byte of its data changed', async () => {
      expect(await guide.run('3. Take over')).toMatchObject({ code: 0 });
      await stand().tenant.untilEvent('db', 'SecretAdopted');
      const after = await read();
      expect({ data: after?.data, type: after?.type, uid: after?.metadata.uid }).toEqual({
        data,
        type: login,
        uid: before?.metadata.uid,
      });
      expect(after?.metadata.labels).toMatchObject({ 'lockstep.dev/managed': 'true' });
    });

    it('in which doctor sees that the operator lets go, and that the Secret is still its own', async () => {
      const { output } = await stand().lockstep('doctor', '-n', 'shop');
      expect(output).toMatch(/^warning +eso-owner +Secret shop\/db-login$/m);
      expect(output).not.toContain('eso-overlap');
    });

    it('4. the ExternalSecret goes and the Secret stays', async () => {
      // The collector of garbage looks for new kinds every 30 s only.
      const { output } = await guide.run('4. Remove the ExternalSecret');
      expect(output).not.toContain('eso-');
      await expect.poll(() => find('db'), soon).toBeUndefined();
      expect(await read()).toMatchObject({ data, metadata: { uid: before?.metadata.uid } });
    });

    it('and lockstep brings the next value', async () => {
      const password = stand().evidence.newSecret('the next password');
      await stand().vault.putSecret('db', { user: data['username'] ?? '', password });
      await stand().tenant.patchSync('db', { metadata: { annotations: { 'lockstep.dev/force-sync': '1' } } });
      await expect.poll(() => stand().tenant.readValue('db-login', 'password'), soon).toBe(password);
      data = { ...data, password };
    });

    it('Way back: the Secret stays without our marks, and the operator takes it again', async () => {
      expect(await guide.run('Way back')).toMatchObject({ code: 0 });
      expect(await read()).toMatchObject({ data, metadata: { uid: before?.metadata.uid } });
      const again = await find('db');
      if (again === undefined) throw new Error('the ExternalSecret is not back');
      await playOperator(kube, again, { name: 'db-login', type: login, data });
      const taken = await read();
      expect(taken).toMatchObject({
        data,
        metadata: { uid: before?.metadata.uid, ownerReferences: [{ kind: 'ExternalSecret' }] },
      });
      const { labels, annotations } = taken?.metadata ?? {};
      expect(JSON.stringify([labels, annotations])).not.toContain('lockstep.dev');
    });
  });

  it('what kubectl lists of a cluster is translated like files', async () => {
    const kinds = 'externalsecrets,secretstores,clustersecretstores';
    const { output } = await stand().kubectl('get', kinds, '-A', '-o', 'yaml');
    expect(await guide.sh('lockstep migrate -f - -o from-cluster', output)).toMatchObject({ code: 0 });
  });

  it('a translation that lacks a key is Different, and IfIdentical takes nothing over', async () => {
    const { tenant, evidence, vault } = stand();
    const value = evidence.newSecret('a value');
    await vault.putSecret('lacking', { value });
    const declared = externalSecret('lacking', {
      target: { template: { data: { value: '{{ .value }}', url: 'https://{{ .value }}' } } },
      data: [{ secretKey: 'value', remoteRef: { key: 'lacking', property: 'value' } }],
    });
    const data = { value, url: `https://${value}` };
    await playOperator(kube, await put(declared), { name: 'lacking', type: 'Opaque', data });
    guide.write('lacking.yaml', [store, declared]);

    const { code, output } = await guide.sh('lockstep migrate -f lacking.yaml -o lacking');
    expect(code).toBe(1);
    expect(output).toContain('spec.target.template.data.url: needs a template engine');
    await guide.sh('kubectl apply -R -f lacking');
    const compared = await tenant.untilSync(
      'lacking',
      'to have compared',
      ({ status }) => status?.secrets !== undefined,
    );
    expect(compared.status?.secrets).toEqual([{ name: 'lacking', state: 'Different', differingKeys: ['url'] }]);

    await guide.sh('lockstep migrate -f lacking.yaml -o lacking --mode Sync || kubectl apply -R -f lacking');
    expect((await tenant.reason('lacking', 'SecretConflict')).message).toContain('url');
    expect((await tenant.readSecret('lacking'))?.data).toEqual(data);
  });

  it('a role for the audience of the API server is refused, and a role of its own is the way', async () => {
    const { tenant, vault, evidence } = stand();
    await vault.putRole('eso', { audience: 'https://kubernetes.default.svc.cluster.local' });
    await vault.putSecret('audience', { value: evidence.newSecret('audience') });
    const auth = { kubernetes: { role: 'eso', serviceAccountRef: { name: 'app' } } };
    const provider = { vault: { server: stand().proxy.address, path: 'secret', auth } };
    guide.write('audience.yaml', [
      operatorObject('SecretStore', { namespace: 'shop', name: 'eso' }, { provider }),
      externalSecret('audience', {
        secretStoreRef: { name: 'eso' },
        data: [{ secretKey: 'value', remoteRef: { key: 'audience', property: 'value' } }],
      }),
    ]);

    const { output } = await guide.sh('lockstep migrate -f audience.yaml -o audience; kubectl apply -R -f audience');
    expect(output).toMatch(
      /warning: SecretStore shop\/eso: .*role: is used with tokens of the API server's own audience/,
    );
    expect((await tenant.reason('audience', 'VaultLoginRefused')).message).toContain('eso');

    // As the warning says.
    await vault.putRole('eso-lockstep');
    await kube.call('PATCH', tenant.classPath('audience'), { spec: { parameters: { roleName: 'eso-lockstep' } } });
    await tenant.untilSync('audience', 'to have compared', ({ status }) => status?.secrets?.[0]?.state === 'Absent');
  });
});
