import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';

describe('a refusal to another pod', () => {
  it.for(['VAULT_LOGIN_REFUSED', 'VAULT_DENIED'] as const)(
    '(%s) is not taken over: who waited asks for itself',
    async (code) => {
      const { repeat, backend, clock } = resolverUnderTest();
      backend.holds = { fetches: true };
      backend.answer = (_, caller) => (caller.pod?.name === 'web-1' ? failed(code) : found({ username: 'alice' }));
      const waiting = [web1, web2].map((caller) => repeat(planFor(caller)));
      await clock.advance(0);

      backend.fetches[0]?.release();
      await clock.advance(0);
      backend.fetches[1]?.release();

      expect((await Promise.all(waiting)).map(contentsOf)).toEqual([{ 'db-user': code }, { 'db-user': 'alice' }]);
    },
  );

  it('is not taken over from the next one who waited, either', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    backend.answer = (_, caller) =>
      caller.pod?.name === 'web-3' ? found({ username: 'alice' }) : failed('VAULT_LOGIN_REFUSED');
    const waiting = ['web-1', 'web-2', 'web-3'].map((name) => repeat(planFor(podCaller(name))));
    await clock.advance(0);

    backend.fetches[0]?.release();
    await clock.advance(0);
    for (const call of backend.fetches) call.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual([
      { 'db-user': 'VAULT_LOGIN_REFUSED' },
      { 'db-user': 'VAULT_LOGIN_REFUSED' },
      { 'db-user': 'alice' },
    ]);
  });

  it('is taken over when it is about the secret', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    backend.answer = () => failed('VAULT_NOT_FOUND');
    const waiting = [web1, web2].map((caller) => repeat(planFor(caller)));
    await clock.advance(0);

    backend.fetches[0]?.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual(Array(2).fill({ 'db-user': 'VAULT_NOT_FOUND' }));
    expect(backend.fetches).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('one of two pods leaves the fetch to the other', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const cancel = new AbortController();
    const cancelled = repeat(planFor(web1), { signal: cancel.signal });
    const other = repeat(planFor(web2));
    await clock.advance(0);

    cancel.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    backend.fetches[0]?.release();

    expect(contentsOf(await other)).toEqual({ 'db-user': 'alice' });
    expect(backend.fetches).toHaveLength(1);
  });

  it('the last one ends the fetch, and the next call starts another', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const cancel = new AbortController();
    const cancelled = [web1, web2].map((caller) => repeat(planFor(caller), { signal: cancel.signal }));
    await clock.advance(0);

    cancel.abort(new Error('cancelled'));
    await Promise.allSettled(cancelled);
    expect(backend.fetches[0]?.signal.aborted).toBe(true);

    backend.holds = {};
    expect(contentsOf(await repeat(planFor(web1)))).toEqual({ 'db-user': 'alice' });
    expect(backend.fetches).toHaveLength(2);
  });

  it.for([0, 1, 2, 3, 4, 5, 6, 7, 8])('does no harm to who comes %i turns later', async (turns) => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    // Needs no login, so that it comes to the fetch at once.
    const plan = planFor(web1, { objects: [plannedObject({ ref: refOf({ method: 'PUT' }) })] });
    const cancel = new AbortController();
    const cancelled = repeat(plan, { signal: cancel.signal });
    await clock.advance(0);
    backend.holds = {};

    cancel.abort(new Error('cancelled'));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const next = repeat(plan);

    backend.fetches[0]?.release();
    expect(contentsOf(await next)).toEqual({ 'db-user': 'alice' });
    await expect(cancelled).rejects.toThrow('cancelled');
  });
});
