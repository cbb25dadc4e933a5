import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import { expireWatches, failAll } from './harness/front-replies.ts';
import { SyncLoad } from './harness/sync-load.ts';
import { until } from './harness/until.ts';

controllerE2e({ name: 'On a bad way to the API server', slug: 'sync-network' }, (stand) => {
  let load: SyncLoad;
  beforeAll(async () => {
    load = await SyncLoad.start(stand());
  });

  const resourcesWatched = 4;

  it('watches that are cut are begun again, and miss nothing', async () => {
    const { tenant } = stand();
    expect(load.controller.front.cutWatches()).toBe(resourcesWatched);
    const value = await load.add('after-cut');
    await tenant.value('after-cut', value, 10_000);
    expect(await load.writesAtRest()).toEqual([]);
  });

  it.for(['status', 'event'] as const)(
    'a version that is too old, told by %s, lists everything again and writes nothing',
    async (how) => {
      const { tenant } = stand();
      const controller = await load.renew();
      const relists = () => controller.metric('lockstep_watch_lists_total', 'reason="gone"');
      controller.front.intercept = expireWatches(how, resourcesWatched);
      controller.front.cutWatches();
      await until(async () => (await relists()) === resourcesWatched, { what: 'everything to be listed again' });
      const value = await load.add(`after-410-${how}`);
      await tenant.value(`after-410-${how}`, value, 10_000);
      expect(await load.writesAtRest()).toEqual([]);
    },
  );

  it('a slow API server is waited for, and stays led', async () => {
    const { front } = load.controller;
    front.delayMs = 800;
    await load.rotate();
    await load.current();
    expect(await load.controller.isLeader()).toBe(true);
    front.behave();
    expect(await load.writesAtRest()).toEqual([]);
  });

  it('an API server that answers 503 to everything is left in peace, and nothing is lost', async () => {
    const { front } = load.controller;
    front.forget();
    front.intercept = failAll(503, 'ServiceUnavailable');
    await load.rotate();
    const startedMs = performance.now();
    await load.looked(3);
    // After half a second, one and a half, …: not at once again, and with a few requests each time.
    expect(performance.now() - startedMs).toBeGreaterThan(1_000);
    expect(front.records.length).toBeLessThan(load.size * 12);
    front.behave();
    await load.current();
    expect(await load.writesAtRest()).toEqual([]);
  });

  it('connections that swallow everything are given up, and refreshes go on over new ones', async () => {
    const controller = await load.renew();
    const { gate } = controller.front;
    gate.freeze();
    // It cannot renew its lease, and knows.
    await until(async () => !(await controller.isLeader()), { what: 'the leader to give up' });
    await load.rotate();
    gate.thaw();
    await until(async () => await controller.isLeader(), { what: 'it to lead again', timeoutMs: 15_000 });
    await load.current();
    // The watches are not missed: that they are dead is noticed after three minutes, as the unit tests prove.
    expect(await load.writesAtRest()).toEqual([]);
  });
});
