import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { until } from './harness/until.ts';

const names = Array.from({ length: 20 }, (_, index) => `led-${index}`);
const handOverMs = 20_000;

controllerE2e({ name: 'Of several replicas one writes', slug: 'sync-leader' }, (stand) => {
  let first: Controller;
  let second: Controller;
  let third: Controller;

  async function rotate(): Promise<string> {
    return await stand().putSecret('led');
  }

  async function leads(controller: Controller): Promise<number> {
    const start = performance.now();
    await until(async () => await controller.isLeader(), { what: 'the other to lead', timeoutMs: handOverMs + 10_000 });
    return performance.now() - start;
  }

  async function current(value: string): Promise<void> {
    await Promise.all(names.map((name) => stand().tenant.value(name, value)));
    await Promise.all(names.map((name) => stand().tenant.ready(name)));
  }

  /** Every sync was looked at twice by this replica. */
  async function looked(controller: Controller): Promise<void> {
    const count = async (): Promise<number> => (await controller.metric('lockstep_sync_duration_seconds_count')) ?? 0;
    const start = await count();
    await until(async () => (await count()) >= start + 2 * names.length, { what: 'two rounds' });
  }

  /** Changes the value all the time, until it is disposed. Answers the last value. */
  function load(): { stop: () => Promise<string> } {
    const end = new AbortController();
    const turning = (async () => {
      let value = '';
      do value = await rotate();
      while (!end.signal.aborted);
      return value;
    })();
    return {
      stop: async () => {
        end.abort();
        return await turning;
      },
    };
  }

  beforeAll(async () => {
    const value = await rotate();
    first = await stand().startController('--interval=1s');
    for (const name of names) await stand().tenant.putPair(name, 'led');
    await current(value);
    second = await stand().startController('--interval=1s');
  });

  it('a replica that stands by is ready, and writes nothing', async () => {
    expect(await second.ready()).toBe(true);
    expect(await second.isLeader()).toBe(false);
    await current(await rotate());
    expect(second.front.writes).toEqual([]);
  });

  it('a leader that ends in order hands over at once, and its successor writes nothing that is right already', async () => {
    first.front.forget();
    second.front.forget();
    expect(await stand().stopController(first)).toBe(0);
    expect(await leads(second)).toBeLessThan(5_000);
    await looked(second);
    expect(second.front.writes).toEqual([]);
  });

  it('a leader that is frozen in the middle of its work is replaced in time, and writes nothing when it wakes up', async () => {
    third = await stand().startController('--interval=1s');
    const work = load();
    await until(() => second.front.writes.length > 20, { what: 'the leader to be at work' });
    second.process.signal('SIGSTOP');

    const tookMs = await leads(third);
    await until(() => third.front.writes.length > 20, { what: 'the successor to be at work' });
    second.front.forget();
    second.process.signal('SIGCONT');
    const woke = performance.now();
    await until(() => second.front.records.length > 0, { what: 'the frozen one to be awake' });
    await until(() => performance.now() - woke > 3_000, { what: 'three seconds' });
    await current(await work.stop());

    expect(tookMs).toBeLessThan(handOverMs);
    expect(second.front.writes).toEqual([]);
    expect(await second.isLeader()).toBe(false);
    expect(await second.ready()).toBe(true);
    expectOneWriter(second, third);
  });

  it('a leader that is killed is replaced in time, and what is right is not written again', async () => {
    await looked(third);
    second.front.forget();
    await third.process.stop('SIGKILL');
    expect(await leads(second)).toBeLessThan(handOverMs);
    await looked(second);
    expect(second.front.writes).toEqual([]);
    await current(await rotate());
  });
});

/** All writes of the former come before the first of the latter, by the records of their fronts. */
function expectOneWriter(former: Controller, latter: Controller): void {
  const toWrites = ({ front }: Controller) =>
    front.allRecords.filter(({ verb, resource }) => verb === 'apply' && resource !== 'leases');
  const last = Math.max(...toWrites(former).map(({ startedAt }) => startedAt));
  const first = Math.min(...toWrites(latter).map(({ startedAt }) => startedAt));
  expect(last).toBeLessThan(first);
}
