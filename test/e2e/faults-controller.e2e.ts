import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import type { ControllerStand } from './harness/controller-stand.ts';
import type { Controller } from './harness/controller.ts';
import { anonymousMib, openFiles } from './harness/process-figures.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import type { RolledWorkload } from './harness/rollout-workload.ts';
import { openSilent } from './harness/silent-connections.ts';
import { SyncLoad } from './harness/sync-load.ts';
import { UnreadPipe } from './harness/unread-pipe.ts';
import { until } from './harness/until.ts';

/** As the Deployment's terminationGracePeriodSeconds. */
const graceMs = 30_000;

rolloutE2e('The node fails around the controller', 'faults-controller', (stand) => {
  let load: SyncLoad;
  let users: readonly RolledWorkload[];
  const base = (): ControllerStand => stand().base;

  beforeAll(async () => {
    base().environment = { POD_NAME: 'same' };
    load = new SyncLoad(base(), {
      size: 200,
      spec: { rollout: { mode: 'Restart', canary: { soak: '0s' } } },
      flags: ['--rollouts', '--interval=2s', '--log-level=info'],
    });
    await load.startController();
    await load.put();
    await load.ready(120_000);
    const used = load.names.slice(0, 10);
    users = await Promise.all(used.map((name) => stand().workload('Deployment', name, { uses: [name] })));
    for (const user of users) await user.run(1);
    for (const user of users) await stand().known(user.name, user);
  });

  describe('killed under load, with 200 syncs and rollouts', () => {
    it.for([
      { who: 'its container starts again, in the same pod', standby: false, pod: 'same', leadingMs: 12_000 },
      { who: 'another pod takes its place', standby: false, pod: 'other', leadingMs: 30_000 },
      { who: 'the other of two replicas takes over', standby: true, pod: 'standby', leadingMs: 30_000 },
    ])('$who: nothing is lost, nothing written twice', async ({ who, standby, pod, leadingMs }) => {
      const killed = load.controller;
      base().environment = { POD_NAME: pod };
      const next = standby ? await load.startController() : undefined;
      const turning = load.turn();
      killed.front.forget();
      await until(() => killed.front.writes.length > 100, { what: 'the leader to be at work' });

      const killedAt = performance.now();
      const rotatedAt = Date.now();
      await killed.process.stop('SIGKILL');
      await turning.stop();
      await load.rotate();
      const successor = next ?? (await load.startController());
      const readyMs = performance.now() - killedAt;
      await until(() => successor.isLeader(), { what: 'it to lead' });
      const leadMs = performance.now() - killedAt;
      await load.current(90_000);
      const currentMs = performance.now() - killedAt;

      await load.ready();
      for (const user of users) await rolledOut(user, rotatedAt);
      const figures = [readyMs, leadMs, currentMs].map((ms) => (ms / 1000).toFixed(1));
      console.log(
        `SIGKILL (${who}): ready after ${figures[0]} s, leads after ${figures[1]} s, all current after ${figures[2]} s`,
      );
      expect(leadMs).toBeLessThan(leadingMs);
      await expectNoNeedlessWrite();
      expect(await load.writesAtRest()).toEqual([]);
    });

    /** Waits until the pods have what the Secret holds since then. */
    async function rolledOut({ name }: RolledWorkload, sinceMs: number): Promise<void> {
      await stand().untilRollout(
        name,
        'to have its last value',
        ({ state, since = '' }) => state === 'Complete' && Date.parse(since) >= sinceMs - 1_000,
      );
    }

    /** Each Secret was written at most once for each value that its store has had, and each workload changed at most once for it. */
    async function expectNoNeedlessWrite(): Promise<void> {
      const writes = [...load.secretWrites];
      expect(writes.filter(([name, count]) => count > load.valuesOf(name))).toEqual([]);
      for (const user of users) {
        const changes = await user.changes();
        expect(changes).toBeGreaterThan(0);
        expect(changes).toBeLessThan(load.valuesOf(user.name));
      }
    }
  });

  describe('with a log that nobody reads', () => {
    it('syncs on, keeps its lines until somebody reads, and ends in time', async () => {
      const pipe = new UnreadPipe(join(base().dir, 'unread-log'));
      await base().stopController(load.controller);
      const { command } = base();
      base().command = pipe.takeFrom(command);
      pipe.fill();
      const unread = await load.startController();
      base().command = command;
      await load.rotate();
      await load.current();

      const log = await pipe.readUntil('"msg":"secret fetched"');
      base().evidence.add('logs of the controller', log);
      expect(log).toContain('"msg":"leading"');

      pipe.fill();
      await load.rotate();
      await load.current();
      const endedAt = performance.now();
      expect(await base().stopController(unread)).toBe(0);
      const endMs = performance.now() - endedAt;
      pipe.close();
      console.log(`log unread: ends ${(endMs / 1000).toFixed(1)} s after SIGTERM`);
      expect(endMs).toBeLessThan(graceMs);
    });
  });

  describe('with a thousand connections to its metrics', () => {
    let controller: Controller;
    beforeAll(async () => {
      controller = await load.startController();
      await load.ready();
    });

    it.for([
      { kind: 'that say nothing', text: '' },
      { kind: 'in the middle of a request', text: 'GET /metrics HTTP/1.1\r\nhost: x\r\n' },
      { kind: 'that were answered and stay', text: 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n' },
    ])('$kind, answers probes, syncs on, and gives everything back', async ({ kind, text }) => {
      const { pid } = controller.process;
      const before = { files: openFiles(pid), mib: anonymousMib(pid) };
      const [host = '', port] = controller.metricsAddress.split(':');

      const close = await openSilent({ host, port: Number(port) }, 1_000, text);
      const openedAt = performance.now();
      expect([await controller.live(), await controller.ready(), await controller.isLeader()]).toEqual([
        true,
        true,
        true,
      ]);
      const probeMs = performance.now() - openedAt;
      const during = { files: openFiles(pid), mib: anonymousMib(pid) };
      await load.rotate();
      await load.current();
      await until(() => openFiles(pid) < before.files + 10, { what: 'the connections to be given back' });
      const freedMs = performance.now() - openedAt;
      close();

      const more = `${during.files - before.files} more files, ${(during.mib - before.mib).toFixed(0)} MiB more`;
      const times = `three probes in ${probeMs.toFixed(0)} ms, given back after ${(freedMs / 1000).toFixed(1)} s`;
      console.log(`1,000 connections ${kind}: ${more}; ${times}`);
      expect(during.files - before.files).toBeLessThan(100);
    });
  });
});
