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

  /** Changes the value whenever it has arrived, until it is stopped. Answers the last value. */
  function load(): { stop: () => Promise<string> } {
    const end = new AbortController();
    const turning = (async () => {
      let value = '';
      do {
        value = await rotate();
        await stand().tenant.value('led-0', value, 60_000);
      } while (!end.signal.aborted);
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

  it('a leader that is frozen in the middle of its work is replaced in time, and changes no Secret when it wakes up', async () => {
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
    await looked(third);
    await current(await work.stop());

    expect(tookMs).toBeLessThan(handOverMs);
    // What it was about to send when it froze goes out before it can look at the clock; of a Secret it names the version.
    const written = second.front.writes.filter(({ resource }) => resource !== 'events');
    expect(written.filter(({ startedAt }) => startedAt > woke + 250)).toEqual([]);
    expect(written.filter(({ resource, status = 0 }) => resource === 'secrets' && status < 300)).toEqual([]);
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

/** All Secrets that the former wrote come before the first of the latter, by the records of their fronts. */
function expectOneWriter(former: Controller, latter: Controller): void {
  const toWrites = ({ front }: Controller) =>
    front.allRecords.filter(
      ({ verb, resource, status = 0 }) => verb === 'apply' && resource === 'secrets' && status < 300,
    );
  const last = Math.max(...toWrites(former).map(({ startedAt }) => startedAt));
  const first = Math.min(...toWrites(latter).map(({ startedAt }) => startedAt));
  expect(last).toBeLessThan(first);
}
