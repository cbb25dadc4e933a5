import { describe, expect, it } from 'vitest';

import { failed, failing, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import {
  contentsOf,
  planFor,
  podCaller,
  refOf,
  resolverUnderTest,
  resolverWithValue,
} from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';
import type { ErrorCode } from '../core/errors.ts';

const alice = { 'db-user': 'alice' };
const outages: readonly ErrorCode[] = ['VAULT_UNREACHABLE', 'VAULT_TIMEOUT', 'VAULT_UNAVAILABLE', 'MOUNT_DEADLINE'];
const refusals: readonly ErrorCode[] = ['VAULT_DENIED', 'VAULT_NOT_FOUND', 'VAULT_LOGIN_REFUSED', 'TOKEN_MISSING'];

describe('a store that is out', () => {
  it.for(outages)('leaves a repeat what it has: %s', async (code) => {
    const { repeat, lookups } = await resolverWithValue(code);

    expect(contentsOf(await repeat(planFor(web1)))).toEqual(alice);
    expect(await lookups()).toEqual({ miss: 1, stale: 1 });
  });

  it.for([
    { name: 'the flag', freshness: {}, staleMs: 3_600_000 },
    { name: 'the manifest', freshness: { staleIfErrorMs: 120_000 }, staleMs: 120_000 },
  ])('leaves it until the time that $name sets has passed since it was asked', async ({ freshness, staleMs }) => {
    const { repeat, clock } = await resolverWithValue('VAULT_UNREACHABLE');
    await clock.advance(staleMs - 75_000 - 1);
    expect(contentsOf(await repeat(planFor(web1, freshness)))).toEqual(alice);

    await clock.advance(1);

    expect(contentsOf(await repeat(planFor(web1, freshness)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
  });

  it('is counted by how much of that time is spent', async () => {
    const { repeat, clock, staleAnswers } = await resolverWithValue('VAULT_UNREACHABLE');
    expect(await staleAnswers()).toEqual({ under_half: 0, over_half: 0 });

    await clock.advance(1_800_000 - 75_000 - 1);
    await repeat(planFor(web1));
    expect(await staleAnswers()).toEqual({ under_half: 1, over_half: 0 });

    await clock.advance(1);
    await repeat(planFor(web1));
    expect(await staleAnswers()).toEqual({ under_half: 1, over_half: 1 });
  });

  it('gives a first delivery nothing old, unless its manifest says so', async () => {
    const { first } = await resolverWithValue('VAULT_UNREACHABLE');

    expect(contentsOf(await first(planFor(web2)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
    expect(contentsOf(await first(planFor(web2, { staleOnFirstMount: true })))).toEqual(alice);
  });

  it("gives a pod nothing that was not its own or its account's", async () => {
    const { repeat } = await resolverWithValue('VAULT_UNREACHABLE');
    const stranger = podCaller('web-1', { serviceAccount: 'admin' });

    expect(contentsOf(await repeat(planFor(stranger)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
  });

  it('is not asked again for 5 s, then 10 s, up to a minute, and then recovers', async () => {
    const { repeat, backend, clock } = await resolverWithValue('VAULT_UNREACHABLE');
    const asked: number[] = [];
    const start = clock.now();
    for (let second = 0; second < 200; second++) {
      const { length } = backend.fetches;
      expect(contentsOf(await repeat(planFor(second % 2 ? web1 : web2)))).toEqual(alice);
      if (backend.fetches.length > length) asked.push((clock.now() - start) / 1000);
      await clock.advance(1000);
    }
    expect(asked).toEqual([0, 5, 15, 35, 75, 135, 195]);

    backend.answer = () => found({ username: 'bob' });
    await clock.advance(60_000);
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'bob' });

    backend.answer = () => failed('VAULT_UNREACHABLE');
    await clock.advance(30_000);
    await repeat(planFor(web1));
    const { length } = backend.fetches;
    await clock.advance(5000);
    await repeat(planFor(web1));
    expect(backend.fetches).toHaveLength(length + 1);
  });

  it('backs off for each value by itself', async () => {
    const { repeat, backend } = await resolverWithValue('VAULT_UNREACHABLE');
    const other = plannedObject({ name: 'other', path: 'other', ref: refOf({ path: '/v1/secret/data/other' }) });
    await repeat(planFor(web1));
    const { length } = backend.fetches;

    expect(contentsOf(await repeat(planFor(web1, { objects: [plannedObject(), other] })))).toEqual({
      ...alice,
      other: 'VAULT_UNREACHABLE',
    });
    expect(backend.fetches.slice(length).map(({ refs }) => refs)).toEqual([[other.ref]]);
  });

  it('is asked by a first delivery even then', async () => {
    const { first, repeat, backend } = await resolverWithValue('VAULT_UNREACHABLE');
    await repeat(planFor(web1));
    backend.answer = () => found({ username: 'bob' });

    expect(contentsOf(await first(planFor(web2)))).toEqual({ 'db-user': 'bob' });
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'bob' });
  });
});

describe('a store that refuses', () => {
  it.for([...refusals, 'VAULT_TLS' as const])('leaves nobody what it refuses now: %s', async (code) => {
    const { repeat } = await resolverWithValue(code);

    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': code });
  });

  it.for(refusals)('and is out afterwards does not bring the old value back: %s', async (code) => {
    const { repeat, backend } = await resolverWithValue(code);
    await repeat(planFor(web1));

    backend.answer = () => failed('VAULT_UNREACHABLE');

    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
  });

  it.for(['shared', 'pod'] as const)('a login ends what was kept under it (%s), too', async (scope) => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.scope = () => scope;
    await repeat(planFor(web1));
    await clock.advance(75_000);

    backend.scope = failing('VAULT_LOGIN_REFUSED');
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'VAULT_LOGIN_REFUSED' });
    backend.scope = failing('VAULT_UNREACHABLE');
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
  });
});
