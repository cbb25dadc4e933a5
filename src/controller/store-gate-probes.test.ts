import { describe, expect, it } from 'vitest';

import { closeGate, createStoreGateUnderTest, outage } from '../../test/fakes/store-gate-under-test.ts';
import { SecretError } from '../core/errors.ts';

const open = { kind: 'open', isProbe: false };
const probe = { kind: 'open', isProbe: true };

describe('an urgent object', () => {
  it('may pass at any time, and opens the store when that answers', () => {
    const { gate, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');

    expect(gate.enter(['s'], 'a/y', { isUrgent: true })).toEqual(probe);
    gate.report('s', 'a/y', undefined);

    expect(opened).toEqual([['a/x']]);
  });

  it('does not prolong the time when the store is still out, and waits then', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y', { isUrgent: true });
    await clock.advance(500);

    expect(gate.report('s', 'a/y', outage)).toBe(2000);
    await clock.advance(2000);
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);

    expect(opened).toEqual([['a/y']]);
  });

  it('is the probe when the time for one has come', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(2500);

    gate.enter(['s'], 'a/y', { isUrgent: true });

    expect(gate.enter(['s'], 'a/x')).toMatchObject({ kind: 'closed' });
    expect(gate.report('s', 'a/y', outage)).toBe(5000);
  });
});

describe('a probe', () => {
  it('that is forgotten makes room for another', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    gate.forget('a/x');

    expect(gate.enter(['s'], 'a/y')).toEqual(probe);
  });

  it('that never reports makes room after a while', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    await clock.advance(89_999);
    expect(gate.enter(['s'], 'a/y')).toMatchObject({ kind: 'closed' });
    await clock.advance(1);

    expect(gate.enter(['s'], 'a/y')).toEqual(probe);
    expect(gate.report('s', 'a/x', outage)).toBeGreaterThan(0);
    expect(gate.report('s', 'a/y', outage)).toBe(5000);
  });

  it('that failed by our own fault says nothing, and another may try', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    gate.report('s', 'a/x', new SecretError('NOT_LEADER', 'no'));

    expect(opened).toEqual([]);
    expect(gate.enter(['s'], 'a/y')).toEqual(probe);
    gate.report('s', 'a/y', undefined);
    expect(opened).toEqual([['a/x']]);
  });

  it('that comes again without a report tries again', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    expect(gate.enter(['s'], 'a/x')).toEqual(probe);
  });
});

describe('an object of several stores', () => {
  it('waits for the one that is out longest, and takes no probe from the others', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(1000);
    closeGate(gate, 't', 'a/y');
    expect(gate.enter(['s', 't'], 'a/z')).toMatchObject({ kind: 'closed', retryAfterMs: 2500 });
    await clock.advance(1500);

    expect(gate.enter(['s', 't'], 'a/z')).toMatchObject({ kind: 'closed', retryAfterMs: 1000 });
    expect(gate.enter(['s'], 'a/x')).toEqual(probe);
  });

  it('is handed back by each, and asks again', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    closeGate(gate, 't', 'a/y');
    gate.enter(['s', 't'], 'a/z');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);
    gate.enter(['t'], 'a/y');

    expect(gate.enter(['s', 't'], 'a/z')).toMatchObject({ kind: 'closed' });
    gate.report('t', 'a/y', undefined);

    expect(opened).toEqual([['a/z'], ['a/z']]);
  });
});

describe('an object that is forgotten', () => {
  it('is not handed back', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    for (const object of ['a/y', 'a/z']) gate.enter(['s'], object);
    await clock.advance(2500);

    gate.forget('a/y');
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);

    expect(opened).toEqual([['a/z']]);
  });

  it('takes the gate along when nobody else waits', () => {
    const { gate } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');

    gate.forget('a/x');

    expect(gate.enter(['s'], 'a/y')).toEqual(open);
  });

  it('takes along every gate that it alone waits for', () => {
    const { gate } = createStoreGateUnderTest();
    gate.enter(['s', 't'], 'a/x');
    gate.report('s', 'a/x', outage);
    gate.report('t', 'a/x', outage);

    gate.forget('a/x');

    expect([gate.enter(['s'], 'a/y'), gate.enter(['t'], 'a/y')]).toEqual([open, open]);
  });

  it('takes along no gate that closed anew after the one that it waited for', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);
    closeGate(gate, 's', 'a/z');

    for (const object of ['a/x', 'a/y']) gate.forget(object);

    expect(gate.enter(['s'], 'a/y')).toMatchObject({ kind: 'closed' });
  });

  it('leaves like one that uses another store now', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    expect(gate.enter(['t'], 'a/y')).toEqual(open);
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    gate.report('s', 'a/x', undefined);

    expect(opened).toEqual([]);
  });
});
