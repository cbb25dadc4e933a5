import { describe, expect, it } from 'vitest';

import { failing, found } from '../../test/fakes/backend.ts';
import type { FakeClock } from '../../test/fakes/clock.ts';
import { plannedObject, vaultRef } from '../../test/fakes/planned-object.ts';
import {
  contentsOf,
  isSettled,
  planFor,
  refOf,
  resolverUnderTest,
  resolverWithValue,
} from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';
import { createDeadline } from '../platform/deadline.ts';

const alice = { 'db-user': 'alice' };

describe('a store that hangs', () => {
  it('keeps a repeat with a value waiting for 10 s, and later ones not at all', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true };
    const waiting = repeat(planFor(web1));
    await clock.advance(9999);
    expect(await isSettled(waiting)).toBe(false);

    await clock.advance(1);

    expect(contentsOf(await waiting)).toEqual(alice);
    expect(contentsOf(await repeat(planFor(web2)))).toEqual(alice);
    expect(backend.fetches).toHaveLength(2);
  });

  it('may still answer, for the next one', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true };
    backend.answer = () => found({ username: 'bob' });
    const waiting = repeat(planFor(web1));
    await clock.advance(20_000);
    await waiting;

    backend.fetches.at(-1)?.release();
    await clock.advance(0);

    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'bob' });
    expect(backend.fetches).toHaveLength(2);
    backend.holds = {};
    await clock.advance(30_000);
    await repeat(planFor(web1));
    expect(backend.fetches).toHaveLength(3);
  });

  it('is given up after 100 s, as an outage', async () => {
    const { first, repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true };
    const waiting = first(planFor(web2));
    await clock.advance(100_000);

    expect(contentsOf(await waiting)).toEqual({ 'db-user': 'MOUNT_DEADLINE' });
    expect(backend.fetches.at(-1)?.signal.aborted).toBe(true);
    const { length } = backend.fetches;
    expect(contentsOf(await repeat(planFor(web1)))).toEqual(alice);
    expect(backend.fetches).toHaveLength(length);
  });

  it('keeps a repeat waiting whose value grows too old meanwhile', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true };
    backend.answer = () => found({ username: 'bob' });
    const waiting = repeat(planFor(web1, { staleIfErrorMs: 80_000 }));
    await clock.advance(20_000);
    expect(await isSettled(waiting)).toBe(false);

    backend.fetches.at(-1)?.release();

    expect(contentsOf(await waiting)).toEqual({ 'db-user': 'bob' });
  });
});

describe('a login that cannot be made because the store is out', () => {
  it.for(['shared', 'pod'] as const)(
    'leaves a repeat what it has under the identity known before: %s',
    async (scope) => {
      const { repeat, first, backend, clock } = resolverUnderTest();
      backend.scope = () => scope;
      await repeat(planFor(web1));
      await clock.advance(75_000);
      backend.scope = failing('VAULT_UNREACHABLE');
      const { length } = backend.fetches;

      expect(contentsOf(await repeat(planFor(web1)))).toEqual(alice);
      expect(contentsOf(await first(planFor(web1)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
      expect(backend.fetches).toHaveLength(length);
    },
  );

  it('gives a new pod the value of its account when its manifest says so', async () => {
    const { repeat, first, backend, clock } = resolverUnderTest();
    await repeat(planFor(web1));
    await clock.advance(75_000);
    backend.scope = failing('VAULT_UNREACHABLE');

    expect(contentsOf(await first(planFor(web2, { staleOnFirstMount: true })))).toEqual(alice);
  });

  it('is tried for 10 s when there is a value, then not again for a while', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { logins: true };
    const waiting = repeat(planFor(web1));
    await clock.advance(10_000);
    expect(contentsOf(await waiting)).toEqual(alice);
    const { length } = backend.logins;

    expect(contentsOf(await repeat(planFor(web1)))).toEqual(alice);
    expect(backend.logins).toHaveLength(length);

    backend.holds = {};
    backend.answer = () => found({ username: 'bob' });
    await clock.advance(5000);
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'bob' });
  });

  it('is waited for when there is no value', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { logins: true };
    const waiting = repeat(planFor(web1));
    await clock.advance(60_000);
    expect(await isSettled(waiting)).toBe(false);

    backend.logins[0]?.release();

    expect(contentsOf(await waiting)).toEqual(alice);
  });

  it('backs off anew after it worked in between', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.scope = failing('VAULT_UNREACHABLE');
    await repeat(planFor(web1));
    await clock.advance(5000);
    backend.scope = () => 'shared';
    await repeat(planFor(web1));
    await clock.advance(75_000);
    backend.scope = failing('VAULT_UNREACHABLE');
    await repeat(planFor(web1));
    const { length } = backend.logins;

    await clock.advance(5000);
    await repeat(planFor(web1));

    expect(backend.logins).toHaveLength(length + 1);
  });
});

describe('a caller whose time is up before the store answers', () => {
  it('is given what is kept, and the store may still answer for the next one', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true };
    backend.answer = () => found({ username: 'bob' });
    const waiting = repeat(planFor(web1), { signal: timeLimit(clock, 2000) });
    await clock.advance(1999);
    expect(await isSettled(waiting)).toBe(false);

    await clock.advance(1);

    expect(contentsOf(await waiting)).toEqual(alice);
    backend.fetches.at(-1)?.release();
    await clock.advance(0);
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'bob' });
    expect(backend.fetches).toHaveLength(2);
  });

  it('is given what is kept while it waits for a login', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { logins: true };
    const waiting = repeat(planFor(web1), { signal: timeLimit(clock, 2000) });

    await clock.advance(2000);

    expect(contentsOf(await waiting)).toEqual(alice);
  });

  it('is given what is kept when it comes too late already', async () => {
    const { repeat, backend, clock } = await resolverWithValue();
    backend.holds = { fetches: true, logins: true };

    expect(contentsOf(await repeat(planFor(web1), { signal: timeLimit(clock, 0) }))).toEqual(alice);
  });

  it.for(['logins', 'fetches'] as const)(
    'is told which objects it waited for and which store, when nothing is kept: %s',
    async (held) => {
      const { first, repeat, backend, clock } = resolverUnderTest();
      await first(planFor(web1));
      const other = plannedObject({ name: 'other', path: 'other', ref: refOf({ path: '/v1/kv/data/other' }) });
      backend.holds = { [held]: true };
      const plan = planFor(web1, { objects: [plannedObject(), other], staleIfErrorMs: 3_600_000 });
      await clock.advance(30_000);
      const waiting = repeat(plan, { signal: timeLimit(clock, 2000) });

      await clock.advance(2000);

      const resolution = await waiting;
      expect(contentsOf(resolution)).toEqual({ ...alice, other: 'MOUNT_DEADLINE' });
      expect(resolution.failures[0]?.error.message).toContain(`${vaultRef.store.address} did not answer in time`);
    },
  );

  it('aborts a request that nobody else waits for', async () => {
    const { first, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const waiting = first(planFor(web1), { signal: timeLimit(clock, 2000) });

    await clock.advance(2000);

    expect(contentsOf(await waiting)).toEqual({ 'db-user': 'MOUNT_DEADLINE' });
    expect(backend.fetches[0]?.signal.aborted).toBe(true);
  });
});

function timeLimit(clock: FakeClock, ms: number): AbortSignal {
  return createDeadline({ clock, atMs: clock.now() + ms }).signal;
}
