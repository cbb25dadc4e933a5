import { join } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { ShiftedDate } from './harness/shifted-date.ts';
import { SyncLoad } from './harness/sync-load.ts';
import { soon } from './harness/until.ts';

const dayMs = 86_400_000;

controllerE2e({ name: 'A date that is set', slug: 'sync-clock' }, (stand) => {
  let load: SyncLoad;
  let standby: Controller;
  let dates: readonly [leading: ShiftedDate, standingBy: ShiftedDate];

  beforeAll(async () => {
    dates = [new ShiftedDate(join(stand().dir, 'date-1')), new ShiftedDate(join(stand().dir, 'date-2'))];
    stand().environment = dates[0].environment;
    load = await SyncLoad.start(stand());
    stand().environment = dates[1].environment;
    standby = await stand().startController('--interval=1s');
  });

  it('is what the replica lives by', async () => {
    dates[0].set(dayMs);
    const tomorrow = new Date(Date.now() + dayMs).toISOString().slice(0, 10);
    await expect.poll(() => load.controller.log(), soon).toContain(tomorrow);
  });

  it.for([
    { leader: 'a day ahead', leaderMs: dayMs, standby: 'a day behind', standbyMs: -dayMs },
    { leader: 'two days back', leaderMs: -dayMs, standby: 'two days ahead', standbyMs: dayMs },
    { leader: 'back to the truth', leaderMs: 0, standby: 'back to the truth', standbyMs: 0 },
  ])(
    'of the leader $leader and of the other $standby: values arrive, nothing else is written, nobody else leads',
    async ({ leaderMs, standbyMs }) => {
      dates[0].set(leaderMs);
      dates[1].set(standbyMs);
      const { controller } = load;
      await load.rotate();
      await load.current();
      expect(await load.writesAtRest()).toEqual([]);
      expect(await controller.isLeader()).toBe(true);
      expect(await standby.isLeader()).toBe(false);
      expect(standby.front.writes).toEqual([]);
      expect(await controller.live()).toBe(true);
      expect(await standby.live()).toBe(true);
    },
  );
});
