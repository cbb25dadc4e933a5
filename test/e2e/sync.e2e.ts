import { beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { ClassOptions } from './harness/tenant-objects.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import { soon, until } from './harness/until.ts';

controllerE2e({ name: 'A class is kept as Secrets', slug: 'sync' }, (stand) => {
  beforeAll(async () => {
    // Whatever arrives within seconds has not waited for a refresh.
    await stand().startController('--interval=1h');
  });

  it('is ready for kubectl wait, and the Secret holds what the store has', async () => {
    const { tenant } = stand();
    const value = await stand().putSecret('first');
    await tenant.putPair('first', 'first');

    expect(await stand().waitReady('first')).toMatchObject({ code: 0 });

    const secret = await tenant.readSecret('first');
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: value } });
    expect(secret?.metadata.labels).toEqual({ 'lockstep.dev/managed': 'true' });
    expect(secret?.metadata.annotations).toEqual({ 'lockstep.dev/owner': 'first' });
    expect(secret?.metadata.ownerReferences).toBeUndefined();
    const managers = secret?.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);
    expect(managers).toEqual(['lockstep Apply']);
  });

  it('shows in kubectl whether it is ready, why, how many Secrets it keeps and when they changed', async () => {
    const { output } = await stand().kubectl('get', 'spcsync', 'first', `--namespace=${stand().tenant.namespace}`);
    const [header = '', row = ''] = output.split('\n');
    expect(header.trim().split(/ {2,}/)).toEqual([
      'NAME',
      'READY',
      'REASON',
      'SECRETS',
      'ROLLOUT',
      'LAST-CHANGE',
      'AGE',
    ]);
    expect(row).toMatch(/^first +True +Synced +1 /);
  });

  it.for(['vault', 'openbao', 'lockstep-vault', 'lockstep-openbao'])('is read by the dialect %s', async (provider) => {
    const { tenant } = stand();
    const value = await stand().putSecret(provider);
    const parameters = { audience: 'vault' };
    await tenant.putClass(provider, {
      provider,
      parameters,
      objects: oneObject(provider),
      secretObjects: oneSecret(provider),
    });
    await tenant.putSync(provider);
    await tenant.ready(provider);
    expect(await tenant.readValue(provider)).toBe(value);
  });

  it('is read by the dialect lockstep, whose objects name their provider', async () => {
    const { tenant } = stand();
    const value = await stand().putSecret('mixed');
    const objects = oneObject('mixed').map((each) => ({ provider: 'vault', ...each }));
    await tenant.putClass('mixed', { provider: 'lockstep', objects, secretObjects: oneSecret('mixed') });
    await tenant.putSync('mixed');
    await tenant.ready('mixed');
    expect(await tenant.readValue('mixed')).toBe(value);
  });

  it('may name other Secrets in the sync than its class does', async () => {
    const { tenant } = stand();
    const value = await stand().putSecret('named');
    await tenant.putPair('named', 'named', { secretObjects: oneSecret('named-by-sync') });
    await tenant.ready('named');
    expect(await tenant.readValue('named-by-sync')).toBe(value);
    expect(await tenant.readSecret('named')).toBeUndefined();
  });

  describe('with one manifest alone', () => {
    const shorthand = (account: string): ClassOptions => ({
      objects: oneObject('short'),
      secretObjects: oneSecret('short'),
      annotations: { 'lockstep.dev/service-account': account },
    });

    it('has a sync of the same name, which follows the class and goes with its label', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('short');
      await tenant.putClass('short', shorthand('app'));
      await tenant.ready('short');
      expect(await tenant.readValue('short')).toBe(value);

      await tenant.putClass('short', shorthand('other'));
      await tenant.reason('short', 'VaultLoginRefused');
      await tenant.putClass('short', { ...shorthand('app'), labels: {} });
      const isGone = async (): Promise<boolean> => (await tenant.readSync('short')) === undefined;
      await until(isGone, { what: 'the sync of the class to go' });
      expect(await tenant.readValue('short')).toBe(value);
    });

    it('comes back when somebody deletes its sync', async () => {
      const { tenant } = stand();
      await stand().putSecret('short');
      await tenant.putClass('short', shorthand('app'));
      await tenant.ready('short');
      const before = await tenant.readSync('short');
      await tenant.kube.remove(tenant.syncPath('short'));
      const isNew = (uid: string): boolean => uid !== before?.metadata.uid;
      await tenant.untilSync('short', 'to be made anew', ({ metadata }) => isNew(metadata.uid));
      await tenant.ready('short');
      expect((await tenant.readSync('short'))?.spec).toEqual(before?.spec);
    });

    it('stalls on an annotation that nobody knows, and names the nearest one', async () => {
      const { tenant } = stand();
      await tenant.putClass('typo', {
        ...shorthand('app'),
        annotations: { 'lockstep.dev/service-account': 'app', 'lockstep.dev/force-snyc': '1' },
      });
      const { message } = await tenant.reason('typo', 'SyncInvalid');
      expect(message).toContain('lockstep.dev/force-snyc');
      expect(message).toContain('lockstep.dev/force-sync');
      expect(await tenant.condition('typo', 'Stalled')).toMatchObject({ status: 'True' });
    });
  });

  describe('follows at once', () => {
    it('a request by annotation, and echoes it', async () => {
      const { tenant } = stand();
      await stand().putSecret('forced');
      await tenant.putPair('forced', 'forced');
      await tenant.ready('forced');
      const value = await stand().putSecret('forced');
      const annotate = `lockstep.dev/force-sync=${Date.now()}`;
      await stand().kubectl('annotate', 'spcsync', 'forced', annotate, `--namespace=${tenant.namespace}`);
      await expect.poll(() => tenant.readValue('forced'), soon).toBe(value);
      const echo = annotate.split('=')[1];
      await tenant.untilSync('forced', 'to echo', ({ status }) => status?.lastHandledSyncRequest === echo);
    });

    it('a change of its class', async () => {
      const { tenant } = stand();
      await stand().putSecret('class-1');
      const value = await stand().putSecret('class-2');
      await tenant.putPair('class', 'class-1');
      await tenant.ready('class');
      await tenant.putClass('class', { objects: oneObject('class-2'), secretObjects: oneSecret('class') });
      await expect.poll(() => tenant.readValue('class'), soon).toBe(value);
    });

    it('a class that comes after it, and a label that the class gets', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('late');
      const late: ClassOptions = { objects: oneObject('late'), secretObjects: oneSecret('late') };
      await tenant.putSync('late');
      await tenant.reason('late', 'ClassNotFound');
      await tenant.putClass('late', { ...late, labels: {} });
      await tenant.putClass('late', late);
      await expect.poll(() => tenant.readValue('late'), soon).toBe(value);
    });

    it('a change of the sync itself', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('changed');
      await tenant.putPair('changed', 'changed', { serviceAccountName: 'other' });
      await tenant.reason('changed', 'VaultLoginRefused');
      await tenant.patchSync('changed', { spec: { serviceAccountName: 'app' } });
      await expect.poll(() => tenant.readValue('changed'), soon).toBe(value);
      await tenant.ready('changed');
    });
  });

  it('takes a new value of the store within its interval, tells so once, and writes no status where nothing changed', async () => {
    const { tenant, proxy } = stand();
    await stand().putSecret('refreshed');
    await tenant.putPair('refreshed', 'refreshed', { interval: '1s' });
    await tenant.ready('refreshed');
    const settled = await tenant.readSync('refreshed');
    const reads = (): number => proxy.reads('secret/data/refreshed').length;
    proxy.forget();
    await until(() => reads() >= 3, { what: 'three refreshes' });
    expect((await tenant.readSync('refreshed'))?.metadata).toEqual(settled?.metadata);

    const value = await stand().putSecret('refreshed');
    await expect.poll(() => tenant.readValue('refreshed'), soon).toBe(value);
    expect(await tenant.untilEvent('refreshed', 'SecretSynced')).toMatchObject({ type: 'Normal' });
    const versions = (await tenant.readSync('refreshed'))?.status?.objects;
    expect(versions).not.toEqual(settled?.status?.objects);
  });

  it('does nothing while it is suspended, and goes on afterwards', async () => {
    const { tenant, proxy } = stand();
    const before = await stand().putSecret('suspended');
    await stand().putSecret('beside');
    for (const name of ['suspended', 'beside']) await tenant.putPair(name, name, { interval: '1s' });
    for (const name of ['suspended', 'beside']) await tenant.ready(name);
    await tenant.patchSync('suspended', { spec: { suspend: true } });
    await tenant.reason('suspended', 'Suspended');
    const after = await stand().putSecret('suspended');
    proxy.forget();
    await until(() => proxy.reads('secret/data/beside').length >= 3, { what: 'three refreshes of another' });
    expect(proxy.reads('secret/data/suspended')).toEqual([]);
    expect(await tenant.readValue('suspended')).toBe(before);
    await tenant.patchSync('suspended', { spec: { suspend: false } });
    await expect.poll(() => tenant.readValue('suspended'), soon).toBe(after);
  });
});
