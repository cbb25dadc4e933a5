import { describe, expect, it } from 'vitest';

import { failed, failing, found } from '../../test/fakes/backend.ts';
import { contentsOf, planFor, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';

describe('a leased answer', () => {
  it('is for the pod that asked: who waited for it asks for itself', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    backend.answer = (_, caller) => found({ username: caller.pod?.name }, { leased: true });
    const waiting = [web1, web2].map((caller) => repeat(planFor(caller)));
    await clock.advance(0);
    expect(backend.fetches).toHaveLength(1);

    backend.fetches[0]?.release();
    await clock.advance(0);
    backend.fetches[1]?.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual([{ 'db-user': 'web-1' }, { 'db-user': 'web-2' }]);
  });

  it('is the same for two volumes of one pod', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    let issued = 0;
    backend.answer = () => found({ username: `user-${issued++}` }, { leased: true });
    const waiting = [repeat(planFor(web1)), repeat(planFor(web1))];
    await clock.advance(0);

    backend.fetches[0]?.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual(Array(2).fill({ 'db-user': 'user-0' }));
  });

  it('is remembered as such: nobody waits for another pod any more', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.answer = (_, caller) => found({ username: caller.pod?.name }, { leased: true });
    await repeat(planFor(web1));
    backend.holds = { fetches: true };

    const waiting = [web1, web2].map((caller) => repeat(planFor(caller)));
    await clock.advance(0);

    expect(backend.fetches).toHaveLength(3);
    for (const call of backend.fetches) call.release();
    expect((await Promise.all(waiting)).map(contentsOf)).toEqual([{ 'db-user': 'web-1' }, { 'db-user': 'web-2' }]);
  });

  it('is not kept: the backend knows when it must be asked again', async () => {
    const { repeat, backend, cacheBytes } = resolverUnderTest();
    backend.answer = () => found({ username: 'alice' }, { leased: true });

    await repeat(planFor(web1));
    await repeat(planFor(web1));

    expect(backend.fetches).toHaveLength(2);
    expect(await cacheBytes()).toBe(0);
  });

  it.for(['shared', 'pod'] as const)(
    'ends a kept value (%s), which must not come back when the store is out',
    async (scope) => {
      const { first, repeat, backend, clock } = resolverUnderTest();
      backend.scope = () => scope;
      await repeat(planFor(web1));
      await clock.advance(10_000);
      backend.answer = () => found({ username: 'issued' }, { leased: true });
      await first(planFor(web1));

      backend.answer = () => failed('VAULT_UNREACHABLE');

      expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'VAULT_UNREACHABLE' });
    },
  );

  it('can be had while logins fail, since the backend may still hold it', async () => {
    const { repeat, backend } = resolverUnderTest();
    backend.answer = () => found({ username: 'issued' }, { leased: true });
    await repeat(planFor(web1));

    backend.scope = failing('VAULT_UNREACHABLE');

    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'issued' });
  });

  it('may become a plain value again, which is then shared', async () => {
    const { repeat, backend } = resolverUnderTest();
    backend.answer = () => found({ username: 'issued' }, { leased: true });
    await repeat(planFor(web1));
    backend.answer = () => found({ username: 'alice' });
    await repeat(planFor(web1));
    await repeat(planFor(web1));
    const { length } = backend.fetches;

    await repeat(planFor(web2));

    expect(backend.fetches).toHaveLength(length);
  });
});
