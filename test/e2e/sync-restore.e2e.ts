import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { restore, takeBackup } from './harness/backup.ts';
import { until } from './harness/until.ts';

const names = ['kept', 'deleting', 'adopted', 'renamed'];

controllerE2e({ name: 'A backup that is restored', slug: 'sync-restore' }, (stand) => {
  let controller: Controller;
  const values = new Map<string, string>();

  beforeAll(async () => {
    const { tenant } = stand();
    for (const name of names) values.set(name, await stand().putSecret(name));
    controller = await stand().startController('--interval=1h');
    await tenant.putPair('kept', 'kept');
    await tenant.putPair('deleting', 'deleting', { deletionPolicy: 'Delete' });
    await tenant.putForeign('adopted', { a: values.get('adopted') ?? '' }, { labels: { theirs: 'yes' } });
    await tenant.putPair('adopted', 'adopted', { adoptionPolicy: 'IfIdentical', deletionPolicy: 'Delete' });
    await tenant.putPair('renamed', 'renamed');
    for (const name of names) await tenant.ready(name);
  });

  async function expectAllThere(namespace: string): Promise<void> {
    const tenant = stand().tenantOf(namespace);
    for (const name of names) await tenant.ready(name);
    for (const name of names) {
      expect(await tenant.readValue(name)).toBe(values.get(name));
      const sync = await tenant.readSync(name);
      expect(sync?.status?.secrets).toMatchObject([{ name, state: 'Synced' }]);
      expect((await tenant.events(name)).filter(({ reason }) => reason === 'SecretConflict')).toEqual([]);
    }
    // What goes with its sync again does so by a new owner reference; what was adopted still never does.
    const owner = await tenant.readSync('deleting');
    expect((await tenant.readSecret('deleting'))?.metadata.ownerReferences).toMatchObject([
      { uid: owner?.metadata.uid },
    ]);
    const adopted = await tenant.readSecret('adopted');
    expect(adopted?.metadata.ownerReferences).toBeUndefined();
    expect(adopted?.metadata.annotations).toMatchObject({ 'lockstep.dev/adopted': 'true' });
    expect(adopted?.metadata.labels).toMatchObject({ theirs: 'yes' });
  }

  it('into another namespace under a running controller loses nothing, and takes nothing for foreign', async () => {
    const { tenant, kube } = stand();
    const backup = await takeBackup(kube, tenant.namespace);
    const target = await stand().createTenant('second');
    controller.front.forget();

    await restore(kube, backup, target.namespace);

    await expectAllThere(target.namespace);
    expect(controller.front.writes.filter(({ verb }) => verb === 'delete')).toEqual([]);
  });

  it('in place, after everything was lost and while no controller ran, loses nothing either', async () => {
    const { tenant, kube } = stand();
    const { namespace } = tenant;
    const backup = await takeBackup(kube, namespace);
    await stand().stopController(controller);
    for (const name of names) {
      await kube.remove(tenant.syncPath(name));
      await kube.remove(tenant.classPath(name));
      await kube.remove(tenant.secretPath(name));
    }
    await restore(kube, backup, namespace);
    const before = new Map(
      await Promise.all(names.map(async (name) => [name, await tenant.readSecret(name)] as const)),
    );
    controller = await stand().startController('--interval=1h');

    await expectAllThere(namespace);

    for (const name of names)
      expect((await tenant.readSecret(name))?.metadata.uid).toBe(before.get(name)?.metadata.uid);
  });

  it('with syncs before their Secrets takes nothing for foreign', async () => {
    const { tenant, kube } = stand();
    const backup = await takeBackup(kube, tenant.namespace);
    const target = await stand().createTenant('third');
    controller.front.forget();

    await restore(kube, backup.toReversed(), target.namespace);

    await expectAllThere(target.namespace);
    expect(controller.front.writes.filter(({ verb }) => verb === 'delete')).toEqual([]);
  });

  it('is followed by the clean-up that was promised', async () => {
    const { tenant, kube } = stand();
    for (const name of ['deleting', 'adopted']) await kube.remove(tenant.syncPath(name));
    const isGone = async (): Promise<boolean> => (await tenant.readSecret('deleting')) === undefined;
    await until(isGone, { what: 'the garbage collector to delete the Secret' });
    expect(await tenant.readValue('adopted')).toBe(values.get('adopted'));
  });
});
