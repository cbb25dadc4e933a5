import { describe, expect, it } from 'vitest';

import { closeGate, createStoreGateUnderTest, outage } from '../../test/fakes/store-gate-under-test.ts';
import { type ErrorCode, SecretError } from '../core/errors.ts';

const open = { kind: 'open', isProbe: false };
const probe = { kind: 'open', isProbe: true };

describe('a store that answers', () => {
  it('is open to everybody', () => {
    const { gate } = createStoreGateUnderTest();

    expect([gate.enter(['s'], 'a/x'), gate.enter(['s', 't'], 'a/y')]).toEqual([open, open]);
    expect(gate.report('s', 'a/x', undefined)).toBeUndefined();
  });

  it.for<ErrorCode>(['VAULT_NOT_FOUND', 'VAULT_DENIED', 'KEY_MISSING', 'AWS_TLS', 'INTERNAL'])(
    'stays open after %s',
    (code) => {
      const { gate } = createStoreGateUnderTest();

      gate.enter(['s'], 'a/x');

      expect(gate.report('s', 'a/x', new SecretError(code, 'no'))).toBeUndefined();
      expect(gate.enter(['s'], 'a/y')).toEqual(open);
    },
  );
});

describe('a store that is out', () => {
  it.for<ErrorCode>(['VAULT_UNAVAILABLE', 'AWS_THROTTLED', 'MOUNT_DEADLINE', 'VAULT_LOGIN_REFUSED', 'TOKEN_MISSING'])(
    'is closed to all its objects after %s, and the error says why',
    (code) => {
      const { gate } = createStoreGateUnderTest();
      const error = new SecretError(code, 'no');
      gate.enter(['s'], 'a/x');

      expect(gate.report('s', 'a/x', error)).toBe(2500);
      expect(gate.enter(['t', 's'], 'a/y')).toEqual({ kind: 'closed', error, retryAfterMs: 2500 });
      expect(gate.enter(['t'], 'a/z')).toEqual(open);
    },
  );

  it('lets exactly one object try when its time has come', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(2499);
    expect(gate.enter(['s'], 'a/y')).toMatchObject({ kind: 'closed', retryAfterMs: 1 });

    await clock.advance(1);

    expect(gate.enter(['s'], 'a/y')).toEqual(probe);
    expect(gate.enter(['s'], 'a/x')).toMatchObject({ kind: 'closed', retryAfterMs: 5000 });
  });

  it('is left alone twice as long after each failed probe, up to a minute', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    const pauses = [closeGate(gate, 's', 'a/x')];
    for (let probes = 0; probes < 5; probes++) {
      await clock.advance(pauses.at(-1) ?? 0);
      expect(gate.enter(['s'], 'a/x')).toEqual(probe);
      pauses.push(gate.report('s', 'a/x', outage) ?? 0);
    }

    expect(pauses).toEqual([2500, 5000, 10_000, 20_000, 30_000, 30_000]);
  });

  it('is left alone up to twice as long by chance', () => {
    const { gate } = createStoreGateUnderTest(() => 0.5);

    expect(closeGate(gate, 's', 'a/x')).toBe(3750);
  });

  it('is not left alone longer because of calls that were under way when it closed', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    for (const object of ['a/x', 'a/y', 'a/z']) gate.enter(['s'], object);
    gate.report('s', 'a/x', outage);
    await clock.advance(1000);

    expect(gate.report('s', 'a/y', outage)).toBe(1500);
    await clock.advance(1500);
    expect(gate.enter(['s'], 'a/x')).toEqual(probe);
    gate.report('s', 'a/z', outage);
    expect(gate.report('s', 'a/x', outage)).toBe(5000);
  });

  it('is not opened by a call that was under way when it closed', () => {
    const { gate, opened } = createStoreGateUnderTest();
    for (const object of ['a/x', 'a/y']) gate.enter(['s'], object);
    gate.report('s', 'a/x', outage);

    gate.report('s', 'a/y', undefined);

    expect(gate.enter(['s'], 'a/z')).toMatchObject({ kind: 'closed' });
    expect(opened).toEqual([]);
  });

  it('is closed anew, for the shortest time, after it was back', async () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');
    expect(gate.report('s', 'a/x', outage)).toBe(5000);
    await clock.advance(5000);
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);

    expect(closeGate(gate, 's', 'a/x')).toBe(2500);
  });

  it('does not care about the date', () => {
    const { gate, clock } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');

    clock.jump(3_600_000);

    expect(gate.enter(['s'], 'a/y')).toMatchObject({ retryAfterMs: 2500 });
  });
});

describe('a store that is back', () => {
  it('hands back all who waited, in their order, but not the probe', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    for (const object of ['a/y', 'a/z', 'a/y']) gate.enter(['s'], object);
    await clock.advance(2500);
    gate.enter(['s'], 'a/y');

    gate.report('s', 'a/y', undefined);

    expect(opened).toEqual([['a/x', 'a/z']]);
    expect(gate.enter(['s'], 'a/x')).toEqual(open);
  });

  it('is one that answers, whatever it answers', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');

    gate.report('s', 'a/x', new SecretError('VAULT_DENIED', 'no'));

    expect(opened).toEqual([['a/y']]);
  });

  it('hands nobody back twice', async () => {
    const { gate, clock, opened } = createStoreGateUnderTest();
    closeGate(gate, 's', 'a/x');
    gate.enter(['s'], 'a/y');
    await clock.advance(2500);
    gate.enter(['s'], 'a/x');
    gate.report('s', 'a/x', undefined);

    gate.report('s', 'a/x', undefined);

    expect(opened).toEqual([['a/y']]);
  });
});
