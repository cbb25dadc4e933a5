import { createMetrics } from '../../src/platform/metrics.ts';
import { type WorkItem, WorkQueue } from '../../src/controller/queue/queue.ts';
import { FakeClock } from './clock.ts';

const never = new AbortController().signal;

/** A queue whose time moves only when the test says so. */
export function createQueueUnderTest() {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const queue = new WorkQueue({ clock, metrics });

  /** What can be taken now, or nothing. */
  const takeDue = async (): Promise<WorkItem | undefined> => {
    const controller = new AbortController();
    const taken = queue.take(controller.signal).catch(() => undefined);
    controller.abort();
    return await taken;
  };
  /** Takes all that can be taken now. */
  const due = async (): Promise<readonly WorkItem[]> => {
    const items: WorkItem[] = [];
    for (let item = await takeDue(); item; item = await takeDue()) items.push(item);
    return items;
  };
  /** Takes so many. */
  const takeKeys = async (count: number): Promise<readonly string[]> => {
    const keys: string[] = [];
    while (keys.length < count) keys.push((await queue.take(never)).key);
    return keys;
  };
  return { queue, clock, takeDue, due, takeKeys, metricsText: () => metrics.registry.metrics() };
}
