import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { KilledController } from './harness/rollout-kills.ts';

const modes = ['Restart', 'Pin'] as const;

rolloutE2e('A controller that is killed', 'rollout-kills', (stand) => {
  let api: ApiStand;
  let policy: PinPolicy;
  beforeAll(async () => {
    api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    policy = new PinPolicy(api);
    await policy.install();
  });
  afterAll(async () => {
    await policy.remove();
    await api.close();
  });

  describe.concurrent('restarts no workload twice, and forgets none', () => {
    it.for(modes)('in %s, after each of its writes', async (mode) => {
      const controller = await KilledController.start(await stand().beside(`${mode.toLowerCase()}-once`));
      let kills = 1;
      for (; ; kills++) {
        const prepared = await controller.prepare(`at-${kills}`, mode);
        const isKilled = await controller.rollOut(prepared, kills);
        expect(await Promise.all(prepared.users.map((user) => user.changes()))).toEqual([1, 1, 1]);
        expect(await Promise.all(prepared.users.map((user) => user.revisions()))).toEqual([2, 2, 2]);
        if (!isKilled) break;
      }
      // Of the Secret, its status, what settles, three workloads and how they end.
      expect(kills).toBeGreaterThan(7);
    });

    it.for([
      // In Pin the first write of each life is the lease of the version.
      { mode: 'Restart', every: 1 },
      { mode: 'Pin', every: 2 },
    ])('in $mode, whenever it has written $every times', async ({ mode, every }) => {
      const controller = await KilledController.start(await stand().beside(`${mode.toLowerCase()}-always`));
      const prepared = await controller.prepare('always', mode);
      await controller.rollOut(prepared, every, 'always');
      expect(controller.lives).toBeGreaterThan(4);
      expect(await Promise.all(prepared.users.map((user) => user.changes()))).toEqual([1, 1, 1]);
    });
  });
});
