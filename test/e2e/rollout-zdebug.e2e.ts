import { cpSync, rmSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { KilledController } from './harness/rollout-kills.ts';

rolloutE2e('debug', 'rollout-debug', (stand) => {
  beforeAll(async () => {
    const api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    await new PinPolicy(api).install();
  });
  describe.concurrent('all', () => {
    it.for(['a', 'b', 'c', 'd'])('restart', async (suffix) => {
      const controller = await KilledController.start(await stand().beside(suffix));
      for (let kills = 1; kills < 3; kills++) {
        const prepared = await controller.prepare(`at-${kills}`, 'Pin');
        const before = await stand().tenant.kube.call('GET', controller.stand.tenant.syncPath(`at-${kills}`));
        const isKilled = await controller.rollOut(prepared, 1, 'always').catch((e) => e);
        const changes = await Promise.all(prepared.users.map((user) => user.changes()));
        console.log(suffix, kills, isKilled, changes);
        if (changes.join() !== '1,1,1') {
          console.log(JSON.stringify(before, null, 1));
          console.log(
            JSON.stringify(
              await stand().tenant.kube.call('GET', controller.stand.tenant.syncPath(`at-${kills}`)),
              null,
              1,
            ),
          );
          for (const r of controller.writes) console.log(r.verb, r.resource, r.name, r.status);
          rmSync('/tmp/copy', { recursive: true, force: true });
          cpSync(stand().base.dir, '/tmp/copy', { recursive: true });
          expect(changes).toEqual([1, 1, 1]);
        }
      }
    });
  });
});
