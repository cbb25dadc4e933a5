import { Backoffs } from '../../src/controller/queue/backoff.ts';
import type { WorkItem } from '../../src/controller/queue/queue.ts';
import { createWorkers, type Next, type WorkersDeps } from '../../src/controller/queue/workers.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createQueueUnderTest } from './queue-under-test.ts';

const done: Next = { kind: 'done' };

/** Two workers whose work is done at once, unless told otherwise; a term for them; what they took and logged. */
export function createWorkersUnderTest({
  work = () => Promise.resolve(done),
  ...deps
}: Partial<Pick<WorkersDeps, 'work' | 'count' | 'queue'>> = {}) {
  const { queue, clock } = createQueueUnderTest();
  const lines: unknown[] = [];
  const items: WorkItem[] = [];
  const workers = createWorkers({
    queue,
    clock,
    backoffs: new Backoffs(() => 0),
    logger: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(JSON.parse(line)) }),
    count: 2,
    ...deps,
    work: (item, signal) => {
      items.push(item);
      return work(item, signal);
    },
  });
  return { queue, workers, clock, items, lines, term: new AbortController() };
}
