import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';

const web = podCaller('web-1');
const user = plannedObject();
const password = plannedObject({ name: 'db-pass', path: 'db/pass', select: { kind: 'key', key: 'password' } });

describe('the memory of the resolver', () => {
  it('stays within its bytes, the least recently used value going first', async () => {
    const { repeat, backend, cacheBytes } = resolverUnderTest({ maxBytes: 50_000 });
    backend.answer = () => found({ username: 'x'.repeat(5000) });
    const planOf = (index: number) =>
      planFor(web, { objects: [plannedObject({ ref: refOf({ path: `/v1/secret/data/${index}` }) })] });

    for (let index = 0; index < 20; index++) {
      await repeat(planOf(index));
      await repeat(planOf(0));
      expect(await cacheBytes()).toBeLessThanOrEqual(50_000);
    }

    expect(backend.fetches).toHaveLength(20);
    await repeat(planOf(1));
    expect(backend.fetches).toHaveLength(21);
  });

  it('delivers a value that is too large to keep', async () => {
    const { repeat, backend, cacheBytes } = resolverUnderTest({ maxBytes: 1000 });
    backend.answer = () => found({ username: 'x'.repeat(5000) });

    expect(contentsOf(await repeat(planFor(web)))['db-user']).toHaveLength(5000);
    expect(await cacheBytes()).toBe(0);
  });

  it('counts what is made of an answer, too', async () => {
    const { repeat, backend, cacheBytes } = resolverUnderTest();
    await repeat(planFor(web, { objects: [user] }));
    const before = await cacheBytes();

    await repeat(planFor(web, { objects: [user, password] }));

    expect(await cacheBytes()).toBeGreaterThan(before);
    expect(backend.fetches).toHaveLength(1);
  });

  it('forgets what nobody asks for, and leaves no timer behind', async () => {
    const { repeat, clock, cacheBytes } = resolverUnderTest({ staleIfErrorMs: 0 });
    await repeat(planFor(web));

    await clock.advance(9 * 60_000);
    expect(await cacheBytes()).toBeGreaterThan(0);

    await clock.advance(2 * 60_000);
    expect(await cacheBytes()).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('keeps a value for the one among its users who may need it longest', async () => {
    const { repeat, clock, backend } = resolverUnderTest({ staleIfErrorMs: 0 });
    await repeat(planFor(web));
    await repeat(planFor(web, { staleIfErrorMs: 3_600_000 }));
    await clock.advance(50 * 60_000);

    backend.answer = () => failed('VAULT_UNREACHABLE');

    expect(contentsOf(await repeat(planFor(web, { staleIfErrorMs: 3_600_000 })))).toEqual({ 'db-user': 'alice' });
  });
});

describe('a warm call', () => {
  it('hands out the same objects again: nothing is parsed or hashed', async () => {
    const { first, repeat, resolver } = resolverUnderTest();
    const { objects } = await first(planFor(web, { objects: [user, password] }));

    const again = await repeat(planFor(web, { objects: [plannedObject(), { ...password }] }));

    expect(again.objects[0]).toBe(objects[0]);
    expect(again.objects[1]).toBe(objects[1]);
    resolver.flush();
    expect((await repeat(planFor(web))).objects[0]).not.toBe(objects[0]);
  });

  it.for([
    { name: 'name', change: { name: 'other' } },
    { name: 'path', change: { path: 'other' } },
    { name: 'mode', change: { mode: 0o600 } },
    { name: 'selected key', change: { select: { kind: 'key', key: 'password' } } as const },
    { name: 'selection', change: { select: { kind: 'response' } } as const },
    { name: 'encoding', change: { encoding: 'hex' } as const },
    { name: 'version input', change: { version: { kind: 'hmac', input: 'other' } } as const },
    { name: 'expansion', change: { expand: true, select: { kind: 'response' } } as const },
  ])('does not take one object for another that differs in its $name', async ({ change }) => {
    const warm = resolverUnderTest();
    const cold = resolverUnderTest();
    const object = plannedObject(change);
    await warm.first(planFor(web));

    const [fromWarm, fromCold] = [
      await warm.repeat(planFor(web, { objects: [object] })),
      await cold.repeat(planFor(web, { objects: [object] })),
    ];

    expect(warm.backend.fetches).toHaveLength(1);
    expect(contentsOf(fromWarm)).toEqual(contentsOf(fromCold));
    expect(fromWarm.objects.map(({ version, mode, name }) => ({ version, mode, name }))).toEqual(
      fromCold.objects.map(({ version, mode, name }) => ({ version, mode, name })),
    );
  });
});
