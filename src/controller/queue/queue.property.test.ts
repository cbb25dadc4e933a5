import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createQueueUnderTest } from '../../../test/fakes/queue-under-test.ts';
import type { Rank, WorkItem } from './queue.ts';

it('hands out every key that was added, none before its time and none twice at once', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const rank = fc.constantFrom<Rank>('urgent', 'first', 'refresh', 'retry');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), key, rank, delayMs: fc.nat({ max: 50 }) }),
    fc.record({ kind: fc.constantFrom('take' as const, 'done' as const, 'back' as const, 'pass' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { queue, clock, due, takeDue } = createQueueUnderTest();
      const earliest = new Map<string, number>();
      const inWork: WorkItem[] = [];
      const taken = (item: WorkItem): void => {
        expect(inWork.map((other) => other.key)).not.toContain(item.key);
        expect(earliest.get(item.key)).toBeLessThanOrEqual(clock.monotonic());
        earliest.delete(item.key);
      };
      for (const each of steps) {
        if (each.kind === 'add') {
          const atMs = clock.monotonic() + each.delayMs;
          earliest.set(each.key, Math.min(earliest.get(each.key) ?? Infinity, atMs));
          queue.add(each.key, { rank: each.rank, reason: 'start', delayMs: each.delayMs });
        } else if (each.kind === 'pass') {
          await clock.advance(10);
        } else if (each.kind === 'take') {
          const item = await takeDue();
          if (item) taken(item);
          if (item) inWork.push(item);
        } else {
          const item = inWork.shift();
          if (item && each.kind === 'done') queue.done(item.key);
          if (item && each.kind === 'back') queue.putBack(item);
          if (item && each.kind === 'back') earliest.set(item.key, clock.monotonic());
        }
      }
      for (const item of inWork.splice(0)) queue.done(item.key);
      await clock.advance(50);
      expect((await due()).map((item) => item.key).toSorted()).toEqual([...earliest.keys()].toSorted());
      expect(clock.waiting).toBe(0);
    }),
  );
});
