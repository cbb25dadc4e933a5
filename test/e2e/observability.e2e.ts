import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { alertsFile, readAlerts, readQueries } from '../observability.ts';
import { ChartIdentity } from './harness/chart-identity.ts';
import type { Controller } from './harness/controller.ts';
import { ControllerStand } from './harness/controller-stand.ts';
import { e2e } from './harness/e2e.ts';
import { Prometheus } from './harness/prometheus.ts';
import type { Provider } from './harness/provider.ts';
import { RolloutStand } from './harness/rollout-stand.ts';
import type { ObjectOptions, Stand } from './harness/stand.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import { until } from './harness/until.ts';
import { republishUntil } from './harness/volume.ts';

/** A scrape a second: long enough to see something, short enough to forget it within a test. */
const rateInterval = '30s';
/** For what is scraped and looked at once a second. */
const seconds = { timeout: 15_000, interval: 250 };

e2e('The dashboard and the alerts, over a run of provider and controller', 'observability', (stand) => {
  let prometheus: Prometheus;
  let sync: ControllerStand;
  let rollouts: RolloutStand;
  let controller: Controller;
  beforeAll(async () => {
    const { run, dir } = stand();
    const provider = await stand().startProvider();
    const identity = new ChartIdentity('controller', ['rollouts.enabled=true']);
    sync = await ControllerStand.start(run, 'observability-sync', { identity });
    rollouts = await RolloutStand.start(sync);
    controller = await rollouts.startController('--interval=1s');
    prometheus = await Prometheus.start({
      runDir: run.runDir,
      dir: join(dir, 'prometheus'),
      targets: { 'lockstep-provider': provider.metricsAddress, 'lockstep-controller': controller.metricsAddress },
      rules: resolve(alertsFile),
    });
    await loadController(sync);
    await loadRollouts(rollouts);
    await loadProvider(stand(), provider);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await rollouts?.close();
    await sync?.close();
  });

  describe('a query has data', () => {
    it.for(readQueries())('$panel: $expr', async ({ expr }) => {
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
      // What the rule remembers, it has looked at four times a minute.
      const { expr } = readAlerts().find(({ alert }) => alert === 'LockstepNoLeader') ?? { expr: '' };
      const remembered = /max_over_time\(.*\[1h:15s\]\)/.exec(expr)?.[0] ?? '';
      await expect.poll(async () => Math.max(...(await numbers(remembered))), { ...seconds, timeout: 30_000 }).toBe(1);
      await sync.stopController(controller);
      await expect.poll(state, seconds).toBe('pending');
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

/** A value that reaches its workload. */
async function loadRollouts(rollouts: RolloutStand): Promise<void> {
  await rollouts.source('rolled');
  const workload = await rollouts.workload('Deployment', 'rolled', { uses: ['rolled'] });
  await workload.run(1);
  await rollouts.known('rolled', workload);
  const before = await rollouts.rollout('rolled');
  await rollouts.change('rolled', 'a');
  await rollouts.completed('rolled', before?.version);
}

/** Mounts that work, from the store and from memory; one that is refused; one with a lease; one that outlives its store. */
async function loadProvider(stand: Stand, provider: Provider): Promise<void> {
  const { vault, proxy, evidence } = stand;
  await stand.putSecret('good');
  await stand.putClass('good', toObjects('secret/data/good'), { refreshInterval: '1s', staleIfError: '20s' });
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
  const isHalfSpent = async (): Promise<boolean> => {
    await good.publish();
    return ((await provider.metric('lockstep_stale_answers_total', 'over_half')) ?? 0) > 0;
  };
  await until(isHalfSpent, { what: 'half of staleIfError to be spent' });
  proxy.behave();
}

function toObjects(secretPath: string): readonly ObjectOptions[] {
  return [{ objectName: 'a', secretPath, secretKey: 'value' }];
}
