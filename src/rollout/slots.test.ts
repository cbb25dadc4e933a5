import { describe, expect, it } from 'vitest';

import { RolloutSlots } from './slots.ts';

describe('RolloutSlots', () => {
  it('leaves a namespace what the others have not taken', () => {
    const slots = new RolloutSlots(3);
    slots.take('shop', 2, false);

    expect(slots.freeFor('bank')).toBe(1);
    expect(slots.freeFor('shop')).toBe(3);
  });

  it('has none left, and not less, when more is in flight than may be', () => {
    const slots = new RolloutSlots(1);
    slots.take('shop', 4, false);

    expect(slots.freeFor('bank')).toBe(0);
  });

  it('names who waited when a place becomes free, once', () => {
    const slots = new RolloutSlots(2);
    slots.take('shop', 2, true);
    expect(slots.take('bank', 0, true)).toEqual([]);

    expect(slots.take('shop', 1, true)).toEqual(['bank']);
    expect(slots.take('shop', 0, false)).toEqual([]);
  });

  it('does not name who waits no more', () => {
    const slots = new RolloutSlots(1);
    slots.take('shop', 1, false);
    slots.take('bank', 0, true);
    slots.take('bank', 0, false);

    expect(slots.take('shop', 0, false)).toEqual([]);
  });

  it('knows nothing of a term that has ended', () => {
    const slots = new RolloutSlots(1);
    slots.take('shop', 1, false);
    slots.clear();

    expect(slots.freeFor('bank')).toBe(1);
  });
});
