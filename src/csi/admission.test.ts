import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Admission } from './admission.ts';

const never = new AbortController().signal;

describe('admission', () => {
  it('lets in so many and makes the next wait for a place', async () => {
    const { admission, levels } = createAdmission({ maxInFlight: 2, maxWaiting: 1 });
    const first = await admission.enter('a', never);
    await admission.enter('b', never);
    const third = admission.enter('c', never);
    expect(levels).toEqual({ inFlight: 2, waiting: 1 });

    first[Symbol.dispose]();
    first[Symbol.dispose]();

    await third;
    expect(levels).toEqual({ inFlight: 2, waiting: 0 });
  });

  it('refuses with MOUNT_BUSY when too many wait', async () => {
    const { admission } = createAdmission({ maxInFlight: 1, maxWaiting: 1 });
    await admission.enter('a', never);
    void admission.enter('a', never);

    await expect(admission.enter('b', never)).rejects.toMatchObject({ code: 'MOUNT_BUSY', status: 'UNKNOWN' });
  });

  it('goes round the pods, first come first served within one', async () => {
    const { admission } = createAdmission({ maxInFlight: 1, maxWaiting: 10 });
    const place = await admission.enter('x', never);
    const order: string[] = [];
    const visits = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => visit(admission, name, order));

    place[Symbol.dispose]();
    await Promise.all(visits);

    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('forgets who gave up', async () => {
    const { admission, levels } = createAdmission({ maxInFlight: 1, maxWaiting: 10 });
    const place = await admission.enter('a', never);
    const controller = new AbortController();
    const abandoned = admission.enter('b', controller.signal);
    const patient = admission.enter('c', never);

    controller.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    expect(levels).toEqual({ inFlight: 1, waiting: 1 });
    place[Symbol.dispose]();

    (await patient)[Symbol.dispose]();
    expect(levels).toEqual({ inFlight: 0, waiting: 0 });
  });

  it('keeps the place of one who gives up in the moment that it gets it', async () => {
    const { admission, levels } = createAdmission({ maxInFlight: 1, maxWaiting: 10 });
    const place = await admission.enter('a', never);
    const controller = new AbortController();
    const late = admission.enter('b', controller.signal);

    place[Symbol.dispose]();
    controller.abort(new Error('gone'));

    expect(levels).toEqual({ inFlight: 1, waiting: 0 });
    (await late)[Symbol.dispose]();
    expect(levels).toEqual({ inFlight: 0, waiting: 0 });
  });

  it('takes nobody in whose time is up', async () => {
    const { admission, levels } = createAdmission({ maxInFlight: 1, maxWaiting: 1 });

    await expect(admission.enter('a', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
    expect(levels).toEqual({ inFlight: 0, waiting: 0 });
  });
});

/** The same bounds and turns, as lists. */
class Model {
  inFlight = 0;
  readonly waiting: { readonly id: number; readonly pod: string }[] = [];
  /** Pods in the order of their turn. */
  turns: string[] = [];

  enter(id: number, pod: string, bounds: Bounds): 'in' | 'waits' | 'busy' {
    if (this.inFlight < bounds.maxInFlight) {
      this.inFlight++;
      return 'in';
    }
    if (this.waiting.length >= bounds.maxWaiting) return 'busy';
    if (!this.turns.includes(pod)) this.turns.push(pod);
    this.waiting.push({ id, pod });
    return 'waits';
  }

  /** Who gets the place. */
  leave(): number | undefined {
    const pod = this.turns.shift();
    if (pod === undefined) this.inFlight--;
    const index = this.waiting.findIndex((waiter) => waiter.pod === pod);
    const [next] = index === -1 ? [] : this.waiting.splice(index, 1);
    if (pod !== undefined && this.waiting.some((waiter) => waiter.pod === pod)) this.turns.push(pod);
    return next?.id;
  }

  giveUp(id: number): void {
    const index = this.waiting.findIndex((waiter) => waiter.id === id);
    this.waiting.splice(index, 1);
    this.turns = this.turns.filter((pod) => this.waiting.some((waiter) => waiter.pod === pod));
  }
}

interface Bounds {
  readonly maxInFlight: number;
  readonly maxWaiting: number;
}

it('behaves as the model whatever comes in which order', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('enter' as const), pod: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('leave' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('giveUp' as const), pick: fc.nat() }),
  );
  const bounds = fc.record({ maxInFlight: fc.integer({ min: 1, max: 3 }), maxWaiting: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(bounds, fc.array(step, { maxLength: 60 }), async (given, steps) => {
      const { admission, levels } = createAdmission(given);
      const model = new Model();
      const places = new Map<number, Disposable>();
      const expected = new Set<number>();
      const controllers = new Map<number, AbortController>();
      const refused: number[] = [];

      for (const [id, next] of steps.entries()) {
        if (next.kind === 'enter') {
          const controller = new AbortController();
          controllers.set(id, controller);
          const outcome = model.enter(id, next.pod, given);
          if (outcome === 'in') expected.add(id);
          admission.enter(next.pod, controller.signal).then(
            (place) => places.set(id, place),
            () => refused.push(id),
          );
        } else if (next.kind === 'leave') {
          const leaving = [...places.keys()][next.pick % Math.max(1, places.size)];
          if (leaving === undefined) continue;
          places.get(leaving)?.[Symbol.dispose]();
          places.delete(leaving);
          expected.delete(leaving);
          const granted = model.leave();
          if (granted !== undefined) expected.add(granted);
        } else {
          const waiter = model.waiting[next.pick % Math.max(1, model.waiting.length)];
          if (waiter === undefined) continue;
          model.giveUp(waiter.id);
          controllers.get(waiter.id)?.abort(new Error('gave up'));
        }
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();

        expect(new Set(places.keys())).toEqual(expected);
        expect(levels).toEqual({ inFlight: model.inFlight, waiting: model.waiting.length });
      }
      expect(refused.every((id) => !expected.has(id))).toBe(true);
    }),
  );
});

async function visit(admission: Admission, name: string, order: string[]): Promise<void> {
  using _place = await admission.enter(name.charAt(0), never);
  order.push(name);
}

function createAdmission(bounds: Bounds) {
  const levels = { inFlight: 0, waiting: 0 };
  const admission = new Admission({
    ...bounds,
    inFlight: { set: (value) => void (levels.inFlight = value) },
    waiting: { set: (value) => void (levels.waiting = value) },
  });
  return { admission, levels };
}
