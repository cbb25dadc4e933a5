import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { expireWatches, failAll } from './harness/front-replies.ts';
import type { FrontRecord } from './harness/kube-front.ts';
import type { E2eRun } from './harness/stand.ts';
import { until } from './harness/until.ts';
import { VaultApi } from './harness/vault-api.ts';

const authMount = 'kubernetes-outage';
/** Distinct secrets, each kept by several syncs. */
const paths = Array.from({ length: 5 }, (_, index) => `load-${index}`);
const syncs = Array.from({ length: 40 }, (_, index) => ({
  name: `load-${index}`,
  path: `load-${index % paths.length}`,
}));

let plane: ControlPlane;

async function prepare(run: E2eRun): Promise<E2eRun> {
  plane = await startControlPlane(run.runDir, 'outage-kubernetes');
  const vault = new VaultApi(run.vault.address, run.vault.token);
  await vault.mountKubernetesAuth(authMount, plane.cluster);
  return { ...run, cluster: plane.cluster };
}

controllerE2e({ name: 'While something is out', slug: 'outage-sync', authMount, prepare }, (stand) => {
  let controller: Controller;
  /** The values of the paths, as they are now. */
  let values = new Map<string, string>();

  async function rotate(): Promise<void> {
    values = new Map(await Promise.all(paths.map(async (path) => [path, await stand().putSecret(path)] as const)));
  }

  async function areCurrent(): Promise<boolean> {
    const { tenant } = stand();
    const read = await Promise.all(syncs.map(({ name }) => tenant.readValue(name)));
    return syncs.every(({ path }, index) => read[index] === values.get(path));
  }

  const current = () => until(areCurrent, { what: 'all Secrets to be current', timeoutMs: 45_000 });
  const allReady = () => Promise.all(syncs.map(({ name }) => stand().tenant.ready(name, 45_000)));

  /** What is written while several refreshes of each sync go by. */
  async function writesAtRest(): Promise<readonly FrontRecord[]> {
    await allReady();
    controller.front.forget();
    const start = await syncCount();
    await until(async () => (await syncCount()) >= start + 3 * syncs.length, { what: 'three refreshes of each' });
    // Events have a rate of their own, at which those of former changes may still be told.
    return controller.front.writes.filter(({ resource }) => resource !== 'events');
  }

  const syncCount = async (): Promise<number> => (await controller.metric('lockstep_sync_duration_seconds_count')) ?? 0;

  /** A replica to which nothing has happened yet: pauses grow with every failure. */
  async function renew(): Promise<void> {
    await stand().stopController(controller);
    controller = await stand().startController('--interval=1s');
    await until(async () => await controller.isLeader(), { what: 'the new replica to lead' });
    await until(async () => (await syncCount()) >= syncs.length, { what: 'the first look at each' });
  }

  beforeAll(async () => {
    await rotate();
    controller = await stand().startController('--interval=1s');
    for (const { name, path } of syncs) await stand().tenant.putPair(name, path);
    await allReady();
  });

  // Declared here, and so run after the stand has ended: its own is declared before.
  afterAll(async () => await plane.stop());

  it('of the API server, killed in the middle of writing, nothing is lost, nothing written twice, and no restart needed', async () => {
    const { front, process } = controller;
    const { pid } = process;
    front.forget();
    await rotate();
    await until(() => front.writes.length > 0, { what: 'the first write' });
    await plane.api.kill();
    await rotate();
    await until(() => front.records.some(isLost), { what: 'the controller to notice' });
    await plane.api.restart();

    await current();
    await allReady();

    expect(process.running).toBe(true);
    expect(process.pid).toBe(pid);
    // Two new values: at most two writes that the API server took.
    const applied = countBy(front.writes.filter(({ resource, status }) => resource === 'secrets' && status === 200));
    expect(Math.max(...applied.values())).toBeLessThanOrEqual(2);
    expect(await writesAtRest()).toEqual([]);
  });

  it('a new sync is taken up at once when the API server is back', async () => {
    const { tenant } = stand();
    await plane.api.kill();
    await plane.api.restart();
    await tenant.putPair('afterwards', paths[0] ?? '');
    await expect.poll(() => tenant.readValue('afterwards'), { timeout: 20_000 }).toBe(values.get(paths[0] ?? ''));
  });

  it('cut watches are begun again, and miss nothing', async () => {
    const { tenant } = stand();
    await renew();
    expect(controller.front.cutWatches()).toBeGreaterThanOrEqual(4);
    await tenant.putPair('after-cut', paths[0] ?? '');
    await tenant.value('after-cut', values.get(paths[0] ?? '') ?? '', 15_000);
    expect(await writesAtRest()).toEqual([]);
  });

  it.for(['status', 'event'] as const)(
    'a version that is too old, told by %s, lists everything again and writes nothing',
    async (how) => {
      const { tenant } = stand();
      await renew();
      const { front } = controller;
      const lists = (await controller.metric('lockstep_watch_lists_total', 'reason="gone"')) ?? 0;
      front.intercept = expireWatches(how, 4);
      front.cutWatches();
      const relisted = async (): Promise<boolean> =>
        ((await controller.metric('lockstep_watch_lists_total', 'reason="gone"')) ?? 0) >= lists + 4;
      await until(relisted, { what: 'everything to be listed again', timeoutMs: 30_000 });
      await tenant.putPair(`after-410-${how}`, paths[0] ?? '');
      await tenant.value(`after-410-${how}`, values.get(paths[0] ?? '') ?? '', 15_000);
      expect(await writesAtRest()).toEqual([]);
    },
  );

  it('a slow API server is waited for, and stays led', async () => {
    const { front } = controller;
    front.delayMs = 1_500;
    await rotate();
    await current();
    expect(await controller.isLeader()).toBe(true);
    front.behave();
    expect(await writesAtRest()).toEqual([]);
  });

  it('an API server that answers 500 or 429 to everything is left in peace, and nothing is lost', async () => {
    const { front } = controller;
    front.forget();
    front.intercept = failAll(503, 'ServiceUnavailable');
    await rotate();
    const since = Date.now();
    await until(() => Date.now() - since > 4_000, { what: 'four seconds' });
    // Each has tried three times or four, with two requests.
    expect(front.records.length).toBeLessThan(syncs.length * 10);
    front.behave();
    await current();
    expect(await writesAtRest()).toEqual([]);
  });

  it('connections that swallow everything are given up, and refreshes go on over new ones', async () => {
    const { front } = controller;
    front.gate.freeze();
    // It cannot renew its lease, and knows.
    await until(async () => !(await controller.isLeader()), { what: 'the leader to give up', timeoutMs: 20_000 });
    await rotate();
    front.gate.thaw();
    await until(async () => await controller.isLeader(), { what: 'it to lead again', timeoutMs: 20_000 });
    await current();
    expect(await writesAtRest()).toEqual([]);
  });

  describe('a store', () => {
    it('the last values stay, it is asked rarely, and all who wait go at once when it is back', async () => {
      const { proxy } = stand();
      await renew();
      const before = new Map(values);
      proxy.behaviour = 'unavailable';
      await rotate();
      await Promise.all(syncs.map(({ name }) => stand().tenant.reason(name, 'VaultUnavailable', 20_000)));
      proxy.forget();
      controller.front.forget();
      const since = Date.now();
      await until(() => Date.now() - since > 5_000, { what: 'five seconds' });

      // One store and one identity: it is not asked for each of the syncs.
      expect(proxy.requests.length).toBeLessThan(20);
      expect(controller.front.writes.filter(({ resource }) => resource !== 'events')).toEqual([]);
      const read = await Promise.all(syncs.map(({ name }) => stand().tenant.readValue(name)));
      expect(syncs.every(({ path }, index) => read[index] === before.get(path))).toBe(true);

      proxy.behave();
      await until(() => proxy.requests.some(({ path }) => path.startsWith('/v1/secret')), {
        what: 'the store to be asked',
        timeoutMs: 60_000,
      });
      const back = Date.now();
      await current();
      expect(Date.now() - back).toBeLessThan(5_000);
      await allReady();
    });
  });
});

function isLost({ status, endedAt, verb }: FrontRecord): boolean {
  return verb !== 'watch' && status === undefined && endedAt !== undefined;
}

function countBy(records: readonly FrontRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name = '' } of records) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
