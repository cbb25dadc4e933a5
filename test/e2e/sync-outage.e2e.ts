import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { FrontRecord } from './harness/kube-front.ts';
import type { E2eRun } from './harness/stand.ts';
import { SyncLoad } from './harness/sync-load.ts';
import { until } from './harness/until.ts';
import { VaultApi } from './harness/vault-api.ts';

const authMount = 'kubernetes-outage';
let plane: ControlPlane;

/** An API server that may be killed. */
async function prepare(run: E2eRun): Promise<E2eRun> {
  plane = await startControlPlane(run.runDir, 'outage-kubernetes');
  await new VaultApi(run.vault.address, run.vault.token).mountKubernetesAuth(authMount, plane.cluster);
  return { ...run, cluster: plane.cluster };
}

controllerE2e({ name: 'While something is out', slug: 'sync-outage', authMount, prepare }, (stand) => {
  let load: SyncLoad;
  beforeAll(async () => {
    load = await SyncLoad.start(stand());
  });
  afterAll(async () => await plane.stop());

  describe('the API server', () => {
    it('is killed in the middle of writing: nothing is lost, nothing written twice, and no restart is needed', async () => {
      const { front, process } = load.controller;
      front.forget();
      await load.rotate();
      await until(() => front.writes.length > 0, { what: 'the first write' });
      await plane.api.kill();
      await load.rotate();
      await until(() => front.records.some(isLost), { what: 'the controller to notice' });
      await plane.api.restart();

      await load.current();
      await load.ready();

      expect(process.running).toBe(true);
      // Two new values: at most two writes that the API server took.
      const applied = front.writes.filter(({ resource, status }) => resource === 'secrets' && status === 200);
      expect(Math.max(...countByName(applied))).toBeLessThanOrEqual(2);
      expect(await load.writesAtRest()).toEqual([]);
    });

    it('is back: a new sync is taken up soon', async () => {
      await load.renew();
      await plane.api.kill();
      await plane.api.restart();
      const value = await load.add('afterwards');
      await expect.poll(() => stand().tenant.readValue('afterwards'), { timeout: 15_000 }).toBe(value);
    });
  });

  describe('a store', () => {
    it('is asked rarely, the last values stay, and all who wait go at once when it is back', async () => {
      const { proxy } = stand();
      const { front } = await load.renew();
      const before = load.expected;
      proxy.behaviour = 'unavailable';
      await load.rotate();
      await load.say('VaultUnavailable');
      proxy.forget();
      front.forget();
      await load.looked(1);

      // One store and one identity: it is not asked for each of the syncs.
      const asked = proxy.requests.length;
      expect(asked).toBeLessThan(20);
      // Whoever asks for all says from then on what happened to its own objects.
      const told = front.writes.filter(({ resource }) => resource !== 'events');
      expect(told.filter(({ resource }) => resource !== 'secretproviderclasssyncs/status')).toEqual([]);
      expect(told.length).toBeLessThanOrEqual(asked);
      expect(await load.read()).toEqual(before);

      proxy.behave();
      proxy.forget();
      await until(() => proxy.requests.length > 0, { what: 'the store to be asked', timeoutMs: 60_000 });
      const back = Date.now();
      await load.current();
      expect(Date.now() - back).toBeLessThan(5_000);
      await load.ready();
    });
  });
});

function isLost({ status, endedAt, verb }: FrontRecord): boolean {
  return verb !== 'watch' && status === undefined && endedAt !== undefined;
}

function countByName(records: readonly FrontRecord[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const { name = '' } of records) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()];
}
