import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';

describe('a repeat', () => {
  it('takes what was asked within the refresh interval, and asks at most once in it', async () => {
    const { repeat, backend, clock, lookups } = resolverUnderTest();
    for (let second = 0; second < 90; second++) {
      await repeat(planFor(second % 2 ? web1 : web2));
      await clock.advance(1000);
    }

    expect(backend.fetches).toHaveLength(3);
    expect(await lookups()).toEqual({ miss: 3, hit: 87 });
  });

  it('obeys the interval of its own manifest', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    await repeat(planFor(web1));
    await clock.advance(5000);

    await repeat(planFor(web2, { refreshIntervalMs: 10_000 }));
    expect(backend.fetches).toHaveLength(1);
    await repeat(planFor(web2, { refreshIntervalMs: 5000 }));
    expect(backend.fetches).toHaveLength(2);
  });

  it('waits for whatever is under way', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const waiting = [repeat(planFor(web1))];
    await clock.advance(60_000);
    waiting.push(repeat(planFor(web2)));
    await clock.advance(0);

    backend.fetches[0]?.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual(Array(2).fill({ 'db-user': 'alice' }));
    expect(backend.fetches).toHaveLength(1);
  });
});

describe('a first delivery', () => {
  it.for([
    { ageMs: 2000, username: 'old' },
    { ageMs: 2001, username: 'new' },
  ])('gets the $username value when the kept one was asked $ageMs ms ago', async ({ ageMs, username }) => {
    const { first, repeat, backend, clock } = resolverUnderTest();
    backend.answer = () => found({ username: 'old' });
    await repeat(planFor(web1));
    backend.answer = () => found({ username: 'new' });
    await clock.advance(ageMs);

    expect(contentsOf(await first(planFor(web2)))).toEqual({ 'db-user': username });
  });

  it('does not wait for a request that was sent too long ago, whose answer may be old', async () => {
    const { first, repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    backend.answer = () => found({ username: 'old' });
    const before = repeat(planFor(web1));
    await clock.advance(2001);
    backend.answer = () => found({ username: 'new' });
    const after = first(planFor(web2));
    await clock.advance(0);
    expect(backend.fetches).toHaveLength(2);

    for (const call of backend.fetches.toReversed()) call.release();

    expect(contentsOf(await after)).toEqual({ 'db-user': 'new' });
    expect(contentsOf(await before)).toEqual({ 'db-user': 'old' });
    // The older answer, which arrived last, did not replace the younger one.
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'new' });
    expect(backend.fetches).toHaveLength(2);
  });

  it('waits for a request that was sent just now', async () => {
    const { first, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const waiting = [first(planFor(web1))];
    await clock.advance(2000);
    waiting.push(first(planFor(web2)));
    await clock.advance(0);

    backend.fetches[0]?.release();
    await Promise.all(waiting);

    expect(backend.fetches).toHaveLength(1);
  });

  it('counts the age from the sending, not from the answer', async () => {
    const { first, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const before = first(planFor(web1));
    await clock.advance(5000);
    backend.fetches[0]?.release();
    await before;
    backend.holds = {};

    await first(planFor(web2));

    expect(backend.fetches).toHaveLength(2);
  });

  it('asks again when the clock was set back', async () => {
    const { first, repeat, backend, clock } = resolverUnderTest();
    await repeat(planFor(web1));
    await clock.advance(-3_600_000);

    await first(planFor(web2));

    expect(backend.fetches).toHaveLength(2);
  });
});

describe('a refresh interval of 0s', () => {
  it('asks every time, keeps nothing and waits for nobody', async () => {
    const { repeat, backend, clock, cacheBytes } = resolverUnderTest();
    backend.holds = { fetches: true };
    const waiting = [web1, web1].map((caller) => repeat(planFor(caller, { refreshIntervalMs: 0 })));
    await clock.advance(0);
    for (const call of backend.fetches) call.release();
    await Promise.all(waiting);

    expect(backend.fetches).toHaveLength(2);
    expect(await cacheBytes()).toBe(0);
  });

  it('takes nothing stale', async () => {
    const { repeat, backend } = resolverUnderTest();
    await repeat(planFor(web1));
    backend.answer = () => failed('VAULT_UNREACHABLE');

    expect(contentsOf(await repeat(planFor(web1, { refreshIntervalMs: 0 })))).toEqual({
      'db-user': 'VAULT_UNREACHABLE',
    });
  });

  it('is raised to the minimum', async () => {
    const { repeat, backend } = resolverUnderTest({ minRefreshIntervalMs: 10_000 });

    await repeat(planFor(web1, { refreshIntervalMs: 0 }));
    await repeat(planFor(web1, { refreshIntervalMs: 0 }));

    expect(backend.fetches).toHaveLength(1);
  });
});

describe('a refreshed answer', () => {
  const whole = plannedObject({ select: { kind: 'response' } });

  it('changes no file when it differs in per-request noise only', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    let requests = 0;
    backend.answer = () => found({ username: 'alice' }, { requestId: `request-${requests++}` });
    const before = await repeat(planFor(web1, { objects: [whole] }));
    await clock.advance(75_000);

    const after = await repeat(planFor(web1, { objects: [whole] }));

    expect(requests).toBe(2);
    expect(after.objects[0]).toBe(before.objects[0]);
  });

  it('changes no file even when a value is never stale and republishes are rare', async () => {
    const { repeat, backend, clock } = resolverUnderTest({ staleIfErrorMs: 0 });
    let requests = 0;
    backend.answer = () => found({ username: 'alice' }, { requestId: `request-${requests++}` });
    const before = await repeat(planFor(web1, { objects: [whole] }));
    await clock.advance(5 * 60_000);

    expect((await repeat(planFor(web1, { objects: [whole] }))).objects[0]).toBe(before.objects[0]);
  });

  it('replaces the kept one when it says something else', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    const before = await repeat(planFor(web1));
    backend.answer = () => found({ username: 'bob' });
    await clock.advance(30_000);

    const after = await repeat(planFor(web1));

    expect(contentsOf(after)).toEqual({ 'db-user': 'bob' });
    expect(after.objects[0]?.version).not.toBe(before.objects[0]?.version);
  });
});
