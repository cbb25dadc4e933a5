import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { here } from './harness/image/base-image.ts';
import { ImageBuilder } from './harness/image/built-image.ts';
import { readCgroup } from './harness/image/cgroup.ts';
import { Containers } from './harness/image/containers.ts';
import { buildMs, describeImage } from './harness/image/image-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { SyncLoad } from './harness/sync-load.ts';
import { until } from './harness/until.ts';

/** The memory that its chart gives it, and the CPU that the charts of the official providers set. */
const limits = { memoryBytes: 256 * 2 ** 20, milliCpu: 50 };
/** As the Deployment's terminationGracePeriodSeconds. */
const graceMs = 30_000;

describeImage('The controller with 256 MiB of memory and 50 thousandths of a core', () => {
  rolloutE2e('in a container', 'controller-limits', (stand) => {
    let containers: Containers;
    beforeAll(() => {
      const { run, dir } = stand().base;
      containers = new Containers(new ImageBuilder(run.runDir).build(here), dir);
    }, buildMs);
    afterAll(() => containers.remove());

    it('syncs 200 and rolls out, and is neither killed nor lost', { timeout: 600_000 }, async () => {
      const { base, tenant } = stand();
      const container = containers.create({ folders: [base.dir], user: 0, limits });
      base.command = container.command;
      const load = new SyncLoad(base, {
        size: 200,
        spec: { rollout: { mode: 'Restart', canary: { soak: '0s' } } },
        // 200 in a minute take half of its CPU. Where all of it is not enough, it cannot hold its lease either.
        flags: [`--namespaces=${tenant.namespace}`, '--rollouts', '--interval=1m', '--log-level=info'],
      });
      await load.put();

      const startedAt = performance.now();
      const controller = await load.launchController();
      await isProbed(controller);
      const readyIn = secondsSince(startedAt);
      const { pid } = container;
      expect(readCgroup(pid)).toMatchObject({ limitBytes: limits.memoryBytes, oomKills: 0 });
      expect(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).toMatch(/^\d+ \d+ \S+ \S+ \/ ro[, ]/m);
      await load.ready(300_000);
      const syncedIn = secondsSince(startedAt);

      const user = await stand().workload('Deployment', 'load-0', { uses: ['load-0'] });
      await user.run(1);
      const version = await stand().known('load-0', user);
      const changedAt = performance.now();
      await load.rotate();
      await load.current(300_000);
      const currentIn = secondsSince(changedAt);
      await stand().completed('load-0', version, 120_000);

      const { version: cgroup, anonymousBytes, oomKills, throttledMs } = readCgroup(pid);
      expect({ oomKills, pid: container.pid }).toEqual({ oomKills: 0, pid });
      const endedAt = performance.now();
      expect(await base.stopController(controller)).toBe(0);
      expect(performance.now() - endedAt).toBeLessThan(graceMs);
      const times = `ready after ${readyIn} s, 200 in sync after ${syncedIn} s, with new values after ${currentIn} s`;
      const memory = `${(anonymousBytes / 2 ** 20).toFixed(0)} MiB of its own`;
      const rest = `held back ${(throttledMs / 1000).toFixed(0)} s; ends in ${secondsSince(endedAt)} s`;
      console.log(`controller limits (cgroup v${cgroup}): ${times}; ${memory}, ${rest}`);
    });
  });
});

/** Resolves when it is ready, asked no oftener than kubelet asks: an answer costs of the little that it has. */
async function isProbed(controller: Controller): Promise<void> {
  const isReady = async (): Promise<boolean> => await controller.ready().catch(() => false);
  await until(isReady, { what: 'the controller to be ready', timeoutMs: 120_000, intervalMs: 1_000 });
}

function secondsSince(at: number): string {
  return ((performance.now() - at) / 1000).toFixed(1);
}
