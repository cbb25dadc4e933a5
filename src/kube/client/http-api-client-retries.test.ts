import { describe, expect } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { failureOf, it } from '../../../test/fakes/kube-client-under-test.ts';
import { refuseKube } from '../../../test/fakes/kube-replies.ts';
import { systemClock } from '../../platform/clock.ts';
import { resources } from '../objects.ts';

const { secrets, leases } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };
const apply = { signal, force: true };

/** A clock whose sleeps take no time. */
function createHastyClock() {
  const sleptMs: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    sleptMs.push(ms);
    return Promise.resolve();
  };
  return { sleptMs, clock: { ...systemClock, sleep } };
}

function busy(status: number, retryAfter?: string) {
  const reply = refuseKube({ status, reason: 'TooManyRequests', message: 'too many requests' });
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  return typeof reply === 'object' ? { ...reply, headers } : reply;
}

describe('an API server that asks to come again', () => {
  it.for([429, 503])('gets the same call again after a pause: %i', async (status, { kube, under }) => {
    const { sleptMs, clock } = createHastyClock();
    kube.script({}, busy(status, '2'), { times: 3 });

    await under.createClient({ clock }).apply(secrets, { metadata: db, data: { a: 'YQ==' } }, apply);

    expect(sleptMs).toEqual([2000, 2000, 2000]);
    expect(kube.get(secrets, 'shop', 'db')).toMatchObject({ data: { a: 'YQ==' } });
    expect(await under.counted()).toEqual({ 'apply secrets KUBE_UNAVAILABLE': 3, 'apply secrets ok': 1 });
  });

  it('is not asked a fifth time', async ({ kube, under }) => {
    const { sleptMs, clock } = createHastyClock();
    kube.script({}, busy(429, '1'));

    await expect(under.createClient({ clock }).create(leases, { metadata: db }, { signal })).rejects.toMatchObject({
      code: 'KUBE_UNAVAILABLE',
      message: expect.stringContaining('create leases shop/db: too many requests; look at the API server'),
    });
    expect(sleptMs).toHaveLength(3);
    expect(kube.requests).toHaveLength(4);
  });

  it.for([
    ['says not when', busy(429)],
    ['says it in words', busy(503, 'tomorrow')],
    ['wants more than the call has time for', busy(503, '30')],
    ['failed otherwise', busy(500, '1')],
  ] as const)('is not asked again when it %s', async ([, reply], { kube, under }) => {
    const { sleptMs, clock } = createHastyClock();
    kube.script({}, reply);

    await expect(under.createClient({ clock }).get(secrets, db, { signal })).rejects.toMatchObject({
      code: 'KUBE_UNAVAILABLE',
    });
    expect(sleptMs).toEqual([]);
    expect(kube.requests).toHaveLength(1);
  });

  it('is waited for only until the caller gives up', async ({ kube, under }) => {
    const clock = new FakeClock();
    const cancel = new AbortController();
    kube.script({}, busy(429, '10'));
    const failed = failureOf(under.createClient({ clock }).get(secrets, db, { signal: cancel.signal }));
    await expect.poll(() => clock.waiting).toBe(2);

    cancel.abort(new Error('enough'));

    expect(await failed).toMatchObject({ message: 'enough' });
    expect(clock.waiting).toBe(0);
    expect(kube.requests).toHaveLength(1);
  });
});

describe('a call', () => {
  it('ends when its time is up', async ({ kube, under }) => {
    const clock = new FakeClock();
    const arrived = Promise.withResolvers<void>();
    kube.script({}, () => {
      arrived.resolve();
      return 'hang';
    });
    const failed = failureOf(under.createClient({ clock }).get(secrets, db, { signal }));
    await arrived.promise;

    await clock.advance(30_000);

    expect(await failed).toMatchObject({
      code: 'KUBE_TIMEOUT',
      message: 'get secrets shop/db: no answer in time; check that the API server is not overloaded',
    });
    expect(await under.counted()).toEqual({ 'get secrets KUBE_TIMEOUT': 1 });
    expect(clock.waiting).toBe(0);
  });

  it('ends with its caller, for its reason, and lets the connection go', async ({ kube, under }) => {
    const cancel = new AbortController();
    const arrived = Promise.withResolvers<void>();
    kube.script({}, () => {
      arrived.resolve();
      return 'hang';
    });
    const waiting = under.client.get(secrets, db, { signal: cancel.signal });
    const failed = failureOf(waiting);
    await arrived.promise;

    cancel.abort(new Error('enough'));

    expect(await failed).toMatchObject({ message: 'enough' });
    await expect.poll(() => kube.listener.openSockets).toBe(0);
    expect(await under.counted()).toEqual({ 'get secrets cancelled': 1 });
  });

  it('is not sent for a caller that has gone', async ({ kube, under }) => {
    const waiting = under.client.get(secrets, db, { signal: AbortSignal.abort(new Error('gone')) });

    await expect(waiting).rejects.toThrow('gone');
    expect(kube.requests).toEqual([]);
  });

  it('does not hear of what happens to the others', async ({ kube, under }) => {
    const cancel = new AbortController();
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<undefined>();
    kube.script({ name: 'slow' }, () => {
      arrived.resolve();
      return release.promise;
    });
    const slow = under.client.get(secrets, { ...db, name: 'slow' }, { signal });
    const failed = failureOf(under.client.get(secrets, { ...db, name: 'slow' }, { signal: cancel.signal }));
    await arrived.promise;

    cancel.abort(new Error('enough'));
    expect(await failed).toMatchObject({ message: 'enough' });
    release.resolve(undefined);

    expect(await slow).toBeUndefined();
  });
});
