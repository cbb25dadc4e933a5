import { describe, expect, it } from 'vitest';

import { failed, failing, found } from '../../test/fakes/backend.ts';
import { plannedObject, versionInput } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { hmacVersion } from '../core/version.ts';

const web = podCaller('web-1');
const user = plannedObject();
const password = plannedObject({ name: 'db-pass', path: 'db/pass', select: { kind: 'key', key: 'password' } });

describe('resolve', () => {
  it('makes files of a plan, in its order, with path, mode and version', async () => {
    const { first } = resolverUnderTest();

    const { objects, failures } = await first(planFor(web, { objects: [password, user] }));

    expect(failures).toEqual([]);
    expect(objects.map(({ name, path, mode }) => ({ name, path, mode }))).toEqual([
      { name: 'db-pass', path: 'db/pass', mode: 0o644 },
      { name: 'db-user', path: 'db-user', mode: 0o644 },
    ]);
    const versionKey = SecretBytes.from(new Uint8Array(32));
    expect(objects[1]?.version).toBe(hmacVersion(versionKey, versionInput, SecretBytes.from('alice')));
  });

  it('asks once for objects with equal requests, and for all that it needs in one call', async () => {
    const { first, backend } = resolverUnderTest();
    const other = plannedObject({ name: 'other', path: 'other', ref: refOf({ path: '/v1/secret/data/other' }) });

    await first(planFor(web, { objects: [user, other, password] }));

    expect(backend.fetches.map(({ refs }) => refs.map(({ request }) => request.path))).toEqual([
      ['/v1/secret/data/db', '/v1/secret/data/other'],
    ]);
  });

  it('answers an empty plan without asking anybody', async () => {
    const { first, backend } = resolverUnderTest();

    expect(await first(planFor(web, { objects: [] }))).toEqual({ objects: [], failures: [] });
    expect([...backend.fetches, ...backend.logins]).toEqual([]);
  });

  it('collects the failures of all objects beside what worked', async () => {
    const { first, backend } = resolverUnderTest();
    backend.answer = (ref) =>
      ref.request.path.endsWith('denied') ? failed('VAULT_DENIED') : found({ username: 'alice' });
    const denied = plannedObject({ name: 'denied', ref: refOf({ path: '/v1/secret/data/denied' }) });

    const resolution = await first(planFor(web, { objects: [denied, password, user] }));

    expect(contentsOf(resolution)).toEqual({ denied: 'VAULT_DENIED', 'db-pass': 'KEY_MISSING', 'db-user': 'alice' });
    expect(resolution.failures.map(({ name }) => name)).toEqual(['denied', 'db-pass']);
  });

  it.for([
    { name: 'an absent secret', outcome: failed('VAULT_NOT_FOUND') },
    { name: 'an empty answer', outcome: failed('VAULT_ANSWER_EMPTY') },
    { name: 'an absent key', outcome: found({ other: 'x' }) },
  ])('leaves an optional object out: $name', async ({ outcome }) => {
    const { first, backend } = resolverUnderTest();
    backend.answer = () => outcome;

    expect(await first(planFor(web, { objects: [plannedObject({ optional: true })] }))).toEqual({
      objects: [],
      failures: [],
    });
  });

  it('does not take a refusal for the absence of an optional object', async () => {
    const { first, backend } = resolverUnderTest();
    backend.answer = () => failed('VAULT_DENIED');

    expect(contentsOf(await first(planFor(web, { objects: [plannedObject({ optional: true })] })))).toEqual({
      'db-user': 'VAULT_DENIED',
    });
  });

  it('makes every object of a store fail when the login is refused', async () => {
    const { first, backend } = resolverUnderTest();
    const elsewhere = plannedObject({
      name: 'elsewhere',
      path: 'e',
      ref: refOf({}, { address: 'https://other:8200' }),
    });
    const refuse = failing('VAULT_LOGIN_REFUSED');
    backend.scope = (ref) => (ref.store.address === 'https://other:8200' ? 'shared' : refuse());

    expect(contentsOf(await first(planFor(web, { objects: [user, password, elsewhere] })))).toEqual({
      'db-user': 'VAULT_LOGIN_REFUSED',
      'db-pass': 'VAULT_LOGIN_REFUSED',
      e: 'alice',
    });
  });

  it.for([
    {
      name: 'throws something foreign',
      answer: () => {
        throw new Error('bug');
      },
    },
    { name: 'answers nonsense', answer: () => found({ username: 'alice' }), cut: true },
  ])('fails internally when the backend $name', async ({ answer, cut }) => {
    const { first, backend } = resolverUnderTest();
    backend.answer = answer;
    if (cut) backend.fetch = () => Promise.resolve([]);

    expect(contentsOf(await first(planFor(web)))).toEqual({ 'db-user': 'INTERNAL' });
  });

  it('names an answer that is no JSON', async () => {
    const { first, backend } = resolverUnderTest();
    const payload = SecretBytes.from('{"data": canary');
    backend.answer = () => ({ status: 'found', payload, fingerprint: 'x', leased: false });

    const { failures } = await first(planFor(web));

    expect(failures[0]?.error.code).toBe('VAULT_ANSWER_INVALID');
    expect(failures[0]?.error.message).not.toContain('canary');
  });

  it('rejects with the reason of a signal that was aborted before, and asks nobody', async () => {
    const { first, backend } = resolverUnderTest();

    await expect(first(planFor(web), { signal: AbortSignal.abort(new Error('cancelled')) })).rejects.toThrow(
      'cancelled',
    );
    expect([...backend.fetches, ...backend.logins]).toEqual([]);
  });

  it.for(['logins', 'fetches'] as const)(
    'rejects with the reason of its signal while it waits for %s',
    async (kind) => {
      const { first, backend, clock } = resolverUnderTest();
      backend.holds = { [kind]: true };
      const cancel = new AbortController();
      const waiting = first(planFor(web), { signal: cancel.signal });
      await clock.advance(0);

      cancel.abort(new Error('cancelled'));

      await expect(waiting).rejects.toThrow('cancelled');
      expect(backend[kind][0]?.signal.aborted).toBe(true);
    },
  );

  it('works out no more contents than two replies can carry', async () => {
    const { first, backend } = resolverUnderTest();
    backend.answer = () => found({ username: 'x'.repeat(3_000_000) });
    const objects = Array.from({ length: 1000 }, (_, index) => plannedObject({ name: `o${index}`, path: `o${index}` }));

    const resolution = await first(planFor(web, { objects }));

    expect(resolution.objects).toHaveLength(3);
    expect(resolution.failures).toHaveLength(997);
    expect(new Set(resolution.failures.map(({ error }) => error.code))).toEqual(new Set(['REPLY_TOO_LARGE']));
  });
});

describe('flush', () => {
  it('makes the next call ask the store', async () => {
    const { first, repeat, resolver, backend, cacheBytes } = resolverUnderTest();
    await first(planFor(web));
    expect(await cacheBytes()).toBeGreaterThan(0);

    resolver.flush();

    expect(await cacheBytes()).toBe(0);
    await repeat(planFor(web));
    expect(backend.fetches).toHaveLength(2);
  });

  it('keeps nothing of what was under way, and lets nobody join it', async () => {
    const { repeat, resolver, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const before = repeat(planFor(web));
    await clock.advance(0);

    resolver.flush();
    backend.answer = () => found({ username: 'bob' });
    const after = repeat(planFor(web));
    await clock.advance(0);
    for (const call of backend.fetches) call.release();

    expect(contentsOf(await before)).toEqual({ 'db-user': 'alice' });
    expect(contentsOf(await after)).toEqual({ 'db-user': 'bob' });
    expect(contentsOf(await repeat(planFor(web)))).toEqual({ 'db-user': 'bob' });
    expect(backend.fetches).toHaveLength(2);
  });
});
