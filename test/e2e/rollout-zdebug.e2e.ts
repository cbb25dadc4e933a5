import { cpSync, rmSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { rolloutE2e } from './harness/rollout-e2e.ts';
import { KilledController } from './harness/rollout-kills.ts';

rolloutE2e('debug', 'rollout-debug', (stand) => {
  describe.concurrent('all', () => {
    it.for(['a', 'b', 'c', 'd'])('restart', async (suffix) => {
      const controller = await KilledController.start(await stand().beside(suffix));
      for (let kills = 2; kills < 7; kills++) {
        const prepared = await controller.prepare(`at-${kills}`, 'Restart');
        const before = await stand().tenant.kube.call('GET', controller.stand.tenant.syncPath(`at-${kills}`));
        const isKilled = await controller.rollOut(prepared, kills);
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
