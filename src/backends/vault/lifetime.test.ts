import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { Lifetime, type LifetimeOptions, type Renewal } from './lifetime.ts';

const minute = 60_000;

function live(options: Partial<LifetimeOptions> & { readonly renewals?: readonly Renewal[] } = {}) {
  const clock = new FakeClock();
  const startMs = clock.now();
  const events: string[] = [];
  const at = (): number => (clock.now() - startMs) / minute;
  let renewals = 0;
  const lifetime = new Lifetime({
    clock,
    ttlMs: 60 * minute,
    renewable: true,
    isWanted: () => true,
    renew: () => {
      events.push(`renew at ${at()}`);
      const last = options.renewals?.at(-1) ?? { status: 'renewed', ttlMs: 60 * minute, renewable: true };
      return Promise.resolve(options.renewals?.[renewals++] ?? last);
    },
    onIdle: () => events.push(`idle at ${at()}`),
    onEnd: () => events.push(`end at ${at()}`),
    ...options,
  });
  return { clock, lifetime, events, endsAt: () => (lifetime.endsAtMs - startMs) / minute };
}

describe('a lifetime', () => {
  it('is renewed at two thirds, again and again', async () => {
    const { clock, lifetime, events, endsAt } = live();
    await clock.advance(130 * minute);
    expect(events).toEqual(['renew at 40', 'renew at 80', 'renew at 120']);
    expect([lifetime.isDue, lifetime.isOver, endsAt()]).toEqual([false, false, 180]);
  });

  it('that cannot be renewed is due at two thirds and ends', async () => {
    const { clock, lifetime, events } = live({ renewable: false });
    await clock.advance(40 * minute - 1);
    expect(lifetime.isDue).toBe(false);
    await clock.advance(1);
    expect([lifetime.isDue, lifetime.isOver]).toEqual([true, false]);
    await clock.advance(20 * minute);
    expect(lifetime.isOver).toBe(true);
    expect(events).toEqual(['end at 60']);
    expect(clock.waiting).toBe(0);
  });

  it('that nobody wants is not renewed', async () => {
    const { clock, events } = live({ isWanted: () => false });
    await clock.advance(100 * minute);
    expect(events).toEqual(['idle at 40', 'end at 60']);
  });

  it('without an end needs no timer', () => {
    const { clock, lifetime, endsAt } = live({ ttlMs: Number.POSITIVE_INFINITY });
    expect([clock.waiting, lifetime.isDue, lifetime.isOver, endsAt()]).toEqual([
      0,
      false,
      false,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('that was renewed for much less time is near its maximum, and not renewed again', async () => {
    const { clock, lifetime, events, endsAt } = live({
      renewals: [{ status: 'renewed', ttlMs: 20 * minute, renewable: true }],
    });
    await clock.advance(40 * minute);
    expect([lifetime.isDue, endsAt()]).toEqual([false, 60]);
    await clock.advance(19 * minute);
    expect(lifetime.isDue).toBe(true);
    expect(events).toEqual(['renew at 40']);
  });

  it('whose renewal is refused is due at once, and good until its end', async () => {
    const { clock, lifetime, events } = live({ renewals: [{ status: 'refused' }] });
    await clock.advance(40 * minute);
    expect([lifetime.isDue, lifetime.isOver]).toEqual([true, false]);
    await clock.advance(20 * minute);
    expect(events).toEqual(['renew at 40', 'end at 60']);
  });

  it('whose renewal fails is renewed later, and due only near the end', async () => {
    const renewals: Renewal[] = [{ status: 'failed' }, { status: 'renewed', ttlMs: 60 * minute, renewable: true }];
    const { clock, lifetime, events } = live({ renewals });
    await clock.advance(41 * minute);
    expect(lifetime.isDue).toBe(false);
    await clock.advance(5 * minute);
    expect(events).toEqual(['renew at 40', 'renew at 45']);
    expect(lifetime.isDue).toBe(false);
  });

  it('whose renewals keep failing ends, after few of them', async () => {
    const { clock, lifetime, events } = live({ renewals: [{ status: 'failed' }] });
    await clock.advance(200 * minute);
    expect(lifetime.isOver).toBe(true);
    expect(events.at(-1)).toBe('end at 60');
    expect(events.length).toBeLessThan(40);
    expect(clock.waiting).toBe(0);
  });

  it('is not due while its renewal is under way', async () => {
    const renewal = Promise.withResolvers<Renewal>();
    const { clock, lifetime } = live({ renew: () => renewal.promise });
    await clock.advance(45 * minute);
    expect(lifetime.isDue).toBe(false);
    renewal.resolve({ status: 'refused' });
    await clock.advance(0);
    expect(lifetime.isDue).toBe(true);
  });

  it('can be over before its time', async () => {
    const { clock, lifetime, events } = live();
    lifetime.end();
    expect(lifetime.isOver).toBe(true);
    await clock.advance(100 * minute);
    expect(events).toEqual(['end at 0']);
  });

  it('that is over is not brought back by a renewal that was under way', async () => {
    const renewal = Promise.withResolvers<Renewal>();
    const { clock, lifetime } = live({ renew: () => renewal.promise });
    await clock.advance(40 * minute);
    lifetime.end();
    renewal.resolve({ status: 'renewed', ttlMs: 60 * minute, renewable: true });
    await clock.advance(0);
    expect(lifetime.isOver).toBe(true);
  });

  it('that is disposed leaves no timer, also when a renewal was under way', async () => {
    const renewal = Promise.withResolvers<Renewal>();
    const { clock, lifetime } = live({ renew: () => renewal.promise });
    await clock.advance(40 * minute);
    lifetime[Symbol.dispose]();
    renewal.resolve({ status: 'renewed', ttlMs: minute, renewable: true });
    await clock.advance(0);
    expect(clock.waiting).toBe(0);
  });

  it('longer than a timer of the runtime can be does not fire early', async () => {
    const { clock, events } = live({ ttlMs: 90 * 24 * 60 * minute });
    await clock.advance(59 * 24 * 60 * minute);
    expect(events).toEqual([]);
    await clock.advance(24 * 60 * minute);
    expect(events).toEqual([`renew at ${60 * 24 * 60}`]);
  });

  it('that was postponed is due again after a quarter of the rest', async () => {
    const { clock, lifetime } = live({ renewable: false });
    await clock.advance(40 * minute);
    lifetime.postpone();
    expect(lifetime.isDue).toBe(false);
    await clock.advance(5 * minute);
    expect(lifetime.isDue).toBe(true);
  });
});
