import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { alertsFile, readQueries } from '../observability.ts';
import type { Controller } from './harness/controller.ts';
import { ControllerStand } from './harness/controller-stand.ts';
import { e2e } from './harness/e2e.ts';
import { Prometheus } from './harness/prometheus.ts';
import type { ObjectOptions, Stand } from './harness/stand.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import { republishUntil, type Volume } from './harness/volume.ts';

/** A scrape a second: long enough to see something, short enough to forget it within a test. */
const rateInterval = '30s';
/** For what is scraped and looked at once a second. */
const seconds = { timeout: 15_000, interval: 250 };

/** Panels that get no data yet, because no controller rolls out: this list goes when one does. */
const unwired: ReadonlySet<string> = new Set(['Workloads', 'Rollouts ended', 'Pod templates patched']);
const queries = readQueries().filter(({ panel }) => !unwired.has(panel));

e2e('The dashboard and the alerts, over a run of provider and controller', 'observability', (stand) => {
  let prometheus: Prometheus;
  let sync: ControllerStand;
  let controller: Controller;
  beforeAll(async () => {
    const { run, dir } = stand();
    const provider = await stand().startProvider();
    sync = await ControllerStand.start(run, 'observability-sync');
    controller = await sync.startController('--interval=1s');
    prometheus = await Prometheus.start({
      runDir: run.runDir,
      dir: join(dir, 'prometheus'),
      targets: { 'lockstep-provider': provider.metricsAddress, 'lockstep-controller': controller.metricsAddress },
      rules: resolve(alertsFile),
    });
    await loadController(sync);
    await loadProvider(stand());
  });
  afterAll(async () => {
    await prometheus?.stop();
    await sync?.close();
  });

  describe('a query has data', () => {
    it.for(queries)('$panel: $expr', async ({ expr }) => {
      await expect.poll(() => numbers(toQuery(expr)), seconds).not.toEqual([]);
    });
  });

  describe('an alert', () => {
    it('is a rule that Prometheus can work with', async () => {
      const broken = async (): Promise<readonly string[]> =>
        (await prometheus.rules()).filter(({ health }) => health !== 'ok').map(({ name }) => name);
      await expect.poll(broken, seconds).toEqual([]);
    });

    it('is on its way for what is wrong in this run, and for nothing else', async () => {
      const active = async (): Promise<readonly string[]> =>
        (await prometheus.rules())
          .filter(({ state }) => state !== 'inactive')
          .map(({ name, state }) => `${name} ${state}`)
          .toSorted();
      await expect
        .poll(active, seconds)
        .toEqual([
          'LockstepSecretConflict pending',
          'LockstepStaleBudgetHalfSpent firing',
          'LockstepSyncFailing pending',
        ]);
    });

    it('tells of no leader when the controller is gone', async () => {
      const state = async (): Promise<string | undefined> =>
        (await prometheus.rules()).find(({ name }) => name === 'LockstepNoLeader')?.state;
      expect(await state()).toBe('inactive');
      await sync.stopController(controller);
      // Once a minute it looks back an hour.
      await expect.poll(state, { timeout: 90_000, interval: 500 }).toBe('pending');
    });
  });

  async function numbers(expr: string): Promise<readonly number[]> {
    return (await prometheus.query(expr)).map(({ value }) => value).filter(Number.isFinite);
  }
});

/** As Grafana fills it in. */
function toQuery(expr: string): string {
  return expr.replaceAll('$__rate_interval', rateInterval).replaceAll('$job', 'lockstep-provider|lockstep-controller');
}

/** Syncs that work, fail, collide, compare and wait. */
async function loadController(sync: ControllerStand): Promise<void> {
  const { tenant } = sync;
  const value = await sync.putSecret('good');
  await tenant.putPair('good', 'good');
  await tenant.ready('good');
  await tenant.putPair('missing', 'missing');
  await tenant.putPair('nobody', 'good', { serviceAccountName: 'nobody' });
  await tenant.putForeign('taken', { a: value });
  await tenant.putPair('taken', 'good');
  await tenant.putClass('compared', { objects: oneObject('good'), secretObjects: oneSecret('taken') });
  await tenant.putSync('compared', { mode: 'Shadow' });
  await tenant.putPair('asleep', 'good', { suspend: true });
  const reasons = { missing: 'VaultNotFound', taken: 'SecretConflict', compared: 'Shadowed', asleep: 'Suspended' };
  for (const [name, reason] of Object.entries(reasons)) await tenant.reason(name, reason);
  const next = await sync.putSecret('good');
  await tenant.value('good', next);
}

/** Mounts that work, from the store and from memory; one that is refused; one with a lease; one that outlives its store. */
async function loadProvider(stand: Stand): Promise<void> {
  const { vault, proxy, evidence } = stand;
  await stand.putSecret('good');
  await stand.putClass('good', toObjects('secret/data/good'), { refreshInterval: '1s', staleIfError: '10s' });
  await stand.putClass('missing', toObjects('secret/data/missing'));
  await vault.call('PUT', 'kv1/leased', { ttl: '1h', value: evidence.newSecret('lease') });
  await stand.putClass('leased', toObjects('kv1/leased'));
  const good = await stand.createVolume('good');
  await good.publish();
  await (await stand.createVolume('leased')).publish();
  await (await stand.createVolume('missing')).publishRefused();
  proxy.forget();
  await republishUntil(good, () => proxy.reads('secret/data/good').length >= 3);
  proxy.behaviour = 'unavailable';
  await outlive(good);
  proxy.behave();
}

/** Republishes for more than half of the time for which the volume keeps its values without a store. */
async function outlive(volume: Volume): Promise<void> {
  const start = Date.now();
  await republishUntil(volume, () => Date.now() - start > 7_000);
}

function toObjects(secretPath: string): readonly ObjectOptions[] {
  return [{ objectName: 'a', secretPath, secretKey: 'value' }];
}
