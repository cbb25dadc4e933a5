import { beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import { soon, until } from './harness/until.ts';

controllerE2e({ name: 'Whose a Secret is', slug: 'sync-owner' }, (stand) => {
  beforeAll(async () => {
    // Whatever is corrected within seconds has not waited for a refresh.
    await stand().startController('--interval=1h');
  });

  /** What the garbage collector was to delete before now is gone: so is a Secret whose sync was deleted after the others. */
  async function collected(): Promise<void> {
    const { tenant } = stand();
    await stand().putSecret('witness');
    await tenant.putPair('witness', 'witness', { deletionPolicy: 'Delete' });
    await tenant.ready('witness');
    await tenant.kube.remove(tenant.syncPath('witness'));
    const isGone = async (): Promise<boolean> => (await tenant.readSecret('witness')) === undefined;
    await until(isGone, { what: 'the garbage collector to delete the witness' });
  }

  describe('A Secret of ours is put right at once', () => {
    const drifts: readonly { name: string; patch: object }[] = [
      { name: 'a value is overwritten', patch: { stringData: { a: 'overwritten by hand' } } },
      { name: 'a key is removed', patch: { data: { a: null } } },
      { name: 'a key is added', patch: { stringData: { b: 'added by hand' } } },
      { name: 'our label is stripped', patch: { metadata: { labels: null } } },
      { name: 'our annotation is stripped', patch: { metadata: { annotations: null } } },
      { name: 'both are stripped', patch: { metadata: { labels: null, annotations: null } } },
    ];

    it.for(drifts)('when $name', async ({ name, patch }) => {
      const { tenant } = stand();
      const id = name.replaceAll(' ', '-');
      const value = await stand().putSecret(id);
      await tenant.putPair(id, id);
      await tenant.ready(id);
      const before = await tenant.readSecret(id);

      await tenant.patchSecret(id, patch);

      const isRight = async (): Promise<boolean> => {
        const now = await tenant.readSecret(id);
        const { labels, annotations } = now?.metadata ?? {};
        const marks = { labels: before?.metadata.labels, annotations: before?.metadata.annotations };
        return JSON.stringify([now?.data, { labels, annotations }]) === JSON.stringify([{ a: value }, marks]);
      };
      await until(isRight, { what: `the Secret ${id} to be put right`, timeoutMs: 5_000 });
      expect((await tenant.readSecret(id))?.metadata.uid).toBe(before?.metadata.uid);
    });

    it('when it is deleted', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('deleted');
      await tenant.putPair('deleted', 'deleted');
      await tenant.ready('deleted');
      await tenant.kube.remove(tenant.secretPath('deleted'));
      await expect.poll(() => tenant.readValue('deleted'), soon).toBe(value);
    });

    it('and labels of others stay on it', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('labelled');
      await tenant.putPair('labelled', 'labelled');
      await tenant.ready('labelled');
      await tenant.patchSecret('labelled', { metadata: { labels: { theirs: 'yes' } }, data: { a: null } });
      await expect.poll(() => tenant.readValue('labelled'), soon).toBe(value);
      expect((await tenant.readSecret('labelled'))?.metadata.labels).toMatchObject({ theirs: 'yes' });
    });
  });

  describe('A Secret of somebody else', () => {
    const foreign = { a: 'made by somebody else' };

    it('is left alone, and the conflict told', async () => {
      const { tenant } = stand();
      await stand().putSecret('foreign');
      await tenant.putForeign('foreign', foreign, { labels: { 'app.kubernetes.io/managed-by': 'Helm' } });
      const before = await tenant.readSecret('foreign');
      await tenant.putPair('foreign', 'foreign');
      const { message } = await tenant.reason('foreign', 'SecretConflict');
      expect(message).toContain('Helm');
      expect(message).toContain('adoptionPolicy');
      expect(await tenant.readSecret('foreign')).toEqual(before);
      expect(await tenant.untilEvent('foreign', 'SecretConflict')).toMatchObject({ type: 'Warning' });
    });

    it('is taken over with IfIdentical where it is identical, and not a byte of it changes', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('identical');
      await tenant.putForeign('identical', { a: value }, { labels: { theirs: 'yes' } });
      const before = await tenant.readSecret('identical');
      await tenant.putPair('identical', 'identical', { adoptionPolicy: 'IfIdentical' });
      await tenant.ready('identical');
      const after = await tenant.readSecret('identical');
      expect(after?.data).toEqual(before?.data);
      expect(after?.metadata.uid).toBe(before?.metadata.uid);
      expect(after?.metadata.labels).toEqual({ theirs: 'yes', 'lockstep.dev/managed': 'true' });
      expect(await tenant.untilEvent('identical', 'SecretAdopted')).toMatchObject({ type: 'Normal' });
    });

    it('is left alone with IfIdentical where it differs, and the keys are named', async () => {
      const { tenant } = stand();
      await stand().putSecret('differing');
      await tenant.putForeign('differing', { a: 'another value', b: 'more' });
      await tenant.putPair('differing', 'differing', { adoptionPolicy: 'IfIdentical' });
      const { message } = await tenant.reason('differing', 'SecretConflict');
      expect(message).toContain('a, b');
      expect((await tenant.readSecret('differing'))?.data).toEqual({ a: 'another value', b: 'more' });
    });

    it('is taken over with Always, and stays when its sync goes, whatever the deletion policy', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('always');
      await tenant.putForeign('always', foreign);
      await tenant.putPair('always', 'always', { adoptionPolicy: 'Always', deletionPolicy: 'Delete' });
      await tenant.ready('always');
      const taken = await tenant.readSecret('always');
      await tenant.kube.remove(tenant.syncPath('always'));
      await collected();
      expect((await tenant.readSecret('always'))?.metadata.uid).toBe(taken?.metadata.uid);
      expect(taken?.data['a']).toBe(value);
      expect(taken?.metadata.ownerReferences).toBeUndefined();
      expect(taken?.metadata.annotations).toMatchObject({ 'lockstep.dev/adopted': 'true' });
    });

    it('that the driver’s own sync keeps is refused whatever the policy', async () => {
      const { tenant } = stand();
      await stand().putSecret('driver');
      const labels = { 'secrets-store.csi.k8s.io/managed': 'true' };
      await tenant.putForeign('driver', foreign, { labels });
      await tenant.putPair('driver', 'driver', { adoptionPolicy: 'Always' });
      expect((await tenant.reason('driver', 'SecretConflict')).message).toContain('driver');
      expect((await tenant.readSecret('driver'))?.data).toEqual(foreign);
    });
  });

  it('Two syncs that want one Secret are both told; the first keeps it, and the second gets it when the first goes', async () => {
    const { tenant } = stand();
    const first = await stand().putSecret('claim-1');
    const second = await stand().putSecret('claim-2');
    const secretObjects = oneSecret('claimed');
    await tenant.putPair('claim-1', 'claim-1', { secretObjects });
    await tenant.ready('claim-1');
    await tenant.putPair('claim-2', 'claim-2', { secretObjects, adoptionPolicy: 'Always' });

    expect((await tenant.reason('claim-2', 'SecretConflict')).message).toContain('claim-1');
    await tenant.untilSync('claim-1', 'to tell of the other', ({ status }) =>
      JSON.stringify(status?.conditions).includes('claim-2'),
    );
    expect(await tenant.readValue('claimed')).toBe(first);

    await tenant.kube.remove(tenant.syncPath('claim-1'));
    await expect.poll(() => tenant.readValue('claimed'), soon).toBe(second);
    await tenant.ready('claim-2');
  });

  describe('When a sync no longer wants it', () => {
    it.for([
      { deletionPolicy: 'Retain', stays: true },
      { deletionPolicy: 'Delete', stays: false },
    ])(
      'what a new name leaves behind stays or goes by the policy $deletionPolicy',
      async ({ deletionPolicy, stays }) => {
        const { tenant } = stand();
        const id = `renamed-${deletionPolicy.toLowerCase()}`;
        const value = await stand().putSecret(id);
        await tenant.putPair(id, id, { deletionPolicy });
        await tenant.ready(id);
        await tenant.putClass(id, { objects: oneObject(id), secretObjects: oneSecret(`${id}-new`) });
        await tenant.value(`${id}-new`, value);
        await tenant.untilSync(id, 'to name it', ({ status }) => status?.secrets?.[0]?.name === `${id}-new`);
        const isGone = async (): Promise<boolean> => (await tenant.readSecret(id)) === undefined;
        if (!stays) await until(isGone, { what: 'the old Secret to go' });
        expect(await isGone()).toBe(!stays);
      },
    );

    it.for([
      { deletionPolicy: 'Retain', stays: true },
      { deletionPolicy: 'Delete', stays: false },
    ])(
      'its end leaves the Secret or takes it along by the policy $deletionPolicy',
      async ({ deletionPolicy, stays }) => {
        const { tenant } = stand();
        const id = `ended-${deletionPolicy.toLowerCase()}`;
        await stand().putSecret(id);
        await tenant.putPair(id, id, { deletionPolicy });
        await tenant.ready(id);
        await tenant.kube.remove(tenant.syncPath(id));
        await collected();
        const isGone = async (): Promise<boolean> => (await tenant.readSecret(id)) === undefined;
        if (!stays) await until(isGone, { what: 'the Secret to go' });
        expect(await isGone()).toBe(!stays);
      },
    );
  });

  describe('In the mode Shadow', () => {
    it('nothing is written, and the state is Absent, Different with the keys named, or Identical', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('shadow');
      await tenant.putPair('shadow', 'shadow', { mode: 'Shadow', interval: '1s' });
      const state = (is: string) =>
        tenant.untilSync('shadow', `to be ${is}`, ({ status }) => status?.secrets?.[0]?.state === is);
      await state('Absent');
      await tenant.putForeign('shadow', { a: 'another value', b: 'more' });
      const different = await state('Different');
      expect(different.status?.secrets?.[0]?.differingKeys).toEqual(['a', 'b']);
      await tenant.kube.remove(tenant.secretPath('shadow'));
      await tenant.putForeign('shadow', { a: value });
      const before = await tenant.readSecret('shadow');
      await state('Identical');
      expect(await tenant.readSecret('shadow')).toEqual(before);
    });

    it('proves what IfIdentical then takes over', async () => {
      const { tenant } = stand();
      const value = await stand().putSecret('proven');
      await tenant.putForeign('proven', { a: value });
      await tenant.putPair('proven', 'proven', { mode: 'Shadow' });
      await tenant.untilSync('proven', 'to be identical', ({ status }) => status?.secrets?.[0]?.state === 'Identical');
      await tenant.patchSync('proven', { spec: { mode: 'Sync', adoptionPolicy: 'IfIdentical' } });
      expect(await tenant.untilEvent('proven', 'SecretAdopted')).toMatchObject({ type: 'Normal' });
      await tenant.ready('proven');
    });
  });
});
