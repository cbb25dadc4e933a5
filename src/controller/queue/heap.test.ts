import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Heap } from './heap.ts';

interface Item {
  readonly value: number;
}

describe('Heap', () => {
  it('gives what is in it in order, whatever was added and removed before', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('add' as const), value: fc.nat({ max: 50 }) }),
        fc.record({ kind: fc.constant('delete' as const), value: fc.nat({ max: 200 }) }),
      ),
      { maxLength: 200, size: 'max' },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new Heap<Item>((a, b) => a.value < b.value);
        const items: Item[] = [];
        for (const { kind, value } of all) {
          if (kind === 'add') {
            items.push({ value });
            heap.add(items.at(-1) ?? { value });
          } else {
            for (const item of items.splice(value % (items.length + 1), 1)) heap.delete(item);
          }
          expect(heap.first?.value).toBe(items.map((item) => item.value).toSorted((a, b) => a - b)[0]);
        }
        expect(drain(heap)).toEqual(items.map((item) => item.value).toSorted((a, b) => a - b));
      }),
    );
  });

  it('knows what is in it', () => {
    const heap = new Heap<Item>((a, b) => a.value < b.value);
    const item = { value: 1 };
    heap.add(item);

    expect([heap.has(item), heap.has({ value: 1 }), heap.delete({ value: 1 })]).toEqual([true, false, false]);
    expect([heap.delete(item), heap.delete(item), heap.has(item)]).toEqual([true, false, false]);
  });
});

function drain(heap: Heap<Item>): readonly number[] {
  const values: number[] = [];
  for (let item = heap.first; item; item = heap.first) {
    values.push(item.value);
    heap.delete(item);
  }
  return values;
}
