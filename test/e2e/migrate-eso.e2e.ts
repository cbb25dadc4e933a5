import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import { Operator, operatorObject } from './harness/eso.ts';
import { Guide } from './harness/guide.ts';
import { KubeApi, type KubeObject } from './harness/kube-api.ts';
import type { ReadSecret } from './harness/tenant-objects.ts';
import { soon, until } from './harness/until.ts';

const login = 'kubernetes.io/basic-auth';

controllerE2e({ name: 'Leaving External Secrets Operator', slug: 'shop' }, (stand) => {
  let kube: KubeApi;
  let operator: Operator;
  let guide: Guide;
  let store: KubeObject;
  beforeAll(async () => {
    const { run, dir, evidence, tenant, proxy } = stand();
    kube = new KubeApi(run.cluster);
    operator = await Operator.start(run, kube, { log: join(dir, 'operator.log') });
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
    await operator.put(store);
  });
  afterAll(async () => {
    await operator.stop();
    await kube.close();
  });

  /** Waits until the operator has made or taken the Secret. */
  async function kept(name: string, data: Readonly<Record<string, string>>): Promise<ReadSecret> {
    let last: ReadSecret | undefined;
    const isKept = async (): Promise<boolean> => {
      last = await stand().tenant.readSecret(name);
      const isOwner = last?.metadata.ownerReferences?.some(({ kind }) => kind === 'ExternalSecret') ?? false;
      return isOwner && isDeepStrictEqual(last?.data, data);
    };
    await until(isKept, { what: `the operator to keep the Secret ${name}`, timeoutMs: 60_000 });
    if (last === undefined) throw new Error('no Secret');
    return last;
  }

  function externalSecret(name: string, spec: object): KubeObject {
    const whole = { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, ...spec };
    return operatorObject('ExternalSecret', { namespace: stand().tenant.namespace, name }, whole);
  }

  describe('by the guide', () => {
    let data: Readonly<Record<string, string>>;
    let before: ReadSecret | undefined;
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
      await operator.put(declared);
      before = await kept('db-login', data);
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
      await expect.poll(() => operator.find('shop', 'db'), soon).toBeUndefined();
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
      const taken = await kept('db-login', data);
      expect(taken.metadata.uid).toBe(before?.metadata.uid);
      const { labels, annotations } = taken.metadata;
      expect(JSON.stringify([labels, annotations])).not.toContain('lockstep.dev');
    });
  });

  it('while both keep a Secret they write the same after a rotation, and then leave it alone', async () => {
    const { tenant, vault, evidence } = stand();
    const first = evidence.newSecret('first');
    await vault.putSecret('both', { value: first });
    const declared = externalSecret('both', {
      refreshInterval: '1s',
      data: [{ secretKey: 'value', remoteRef: { key: 'both', property: 'value' } }],
    });
    await operator.put(declared);
    const before = await kept('both', { value: first });
    guide.write('both.yaml', [store, declared]);
    const steps = 'lockstep migrate -f both.yaml -o both --mode Sync; kubectl apply -R -f both';
    expect(await guide.sh(steps)).toMatchObject({ code: 0 });
    await tenant.untilEvent('both', 'SecretAdopted');

    const second = evidence.newSecret('second');
    await vault.putSecret('both', { value: second });
    await expect.poll(() => tenant.readValue('both', 'value'), soon).toBe(second);
    // Each asks every second: what they have to say they have said by then.
    const rotatedAt = Date.now();
    await until(() => Date.now() - rotatedAt > 4_000, { what: 'both to have asked' });
    const settled = await tenant.readSecret('both');
    await until(() => Date.now() - rotatedAt > 8_000, { what: 'both to have asked again' });

    const after = await tenant.readSecret('both');
    expect(after?.data).toEqual({ value: second });
    expect(after?.metadata.resourceVersion).toBe(settled?.metadata.resourceVersion);
    expect(after?.metadata.uid).toBe(before.metadata.uid);
    await tenant.ready('both');
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
    await operator.put(declared);
    await kept('lacking', data);
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
