import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';
import type { Caller } from '../core/caller.ts';
import type { VaultAuth } from '../core/object-ref.ts';
import { SecretBytes } from '../core/secret-bytes.ts';

describe('pods whose logins are proven equal', () => {
  it('share one fetch', async () => {
    const { repeat, backend } = resolverUnderTest();

    await repeat(planFor(web1));
    await repeat(planFor(web2));

    expect(backend.fetches).toHaveLength(1);
    expect(backend.logins.map(({ caller }) => caller.pod?.name)).toEqual(['web-1', 'web-2']);
  });

  it('share a fetch that is under way', async () => {
    const { repeat, backend, clock, lookups } = resolverUnderTest();
    backend.holds = { fetches: true };
    const waiting = [repeat(planFor(web1)), repeat(planFor(web2)), repeat(planFor(web2))];
    await clock.advance(0);

    backend.fetches[0]?.release();

    expect((await Promise.all(waiting)).map(contentsOf)).toEqual(Array(3).fill({ 'db-user': 'alice' }));
    expect(backend.fetches).toHaveLength(1);
    expect(await lookups()).toEqual({ miss: 1, joined: 2 });
  });

  it('ask only for what is not under way', async () => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    const other = plannedObject({ name: 'other', path: 'other', ref: refOf({ path: '/v1/secret/data/other' }) });
    const waiting = [repeat(planFor(web1)), repeat(planFor(web2, { objects: [plannedObject(), other] }))];
    await clock.advance(0);

    for (const call of backend.fetches) call.release();
    await Promise.all(waiting);

    expect(backend.fetches.map(({ refs }) => refs.map(({ request }) => request.path))).toEqual([
      ['/v1/secret/data/db'],
      ['/v1/secret/data/other'],
    ]);
  });

  it.for([
    { name: 'another namespace', changes: { namespace: 'bank' } },
    { name: 'another service account', changes: { serviceAccount: 'admin' } },
    { name: 'names that only look alike', changes: { namespace: 'shop","web', serviceAccount: '' } },
    { name: 'the controller', changes: { kind: 'service-account' } as const },
  ])('never share with $name', async ({ changes }) => {
    const { repeat, backend } = resolverUnderTest();
    const stranger = podCaller('web-1', changes);
    backend.answer = (_, caller) => found({ username: `${caller.kind}/${caller.namespace}/${caller.serviceAccount}` });

    await repeat(planFor(web1));

    expect(contentsOf(await repeat(planFor(stranger)))).toEqual({
      'db-user': `${stranger.kind}/${stranger.namespace}/${stranger.serviceAccount}`,
    });
  });

  it.for([
    { name: 'address', ref: refOf({}, { address: 'https://other:8200' }) },
    { name: 'Vault namespace', ref: refOf({}, { namespace: 'team' }) },
    { name: 'path', ref: refOf({ path: '/v1/secret/data/other' }) },
    { name: 'version', ref: refOf({ query: 'version=1' }) },
  ])('have another value under another $name', async ({ ref }) => {
    const { repeat, backend } = resolverUnderTest();

    await repeat(planFor(web1));
    await repeat(planFor(web1, { objects: [plannedObject({ ref })] }));

    expect(backend.fetches).toHaveLength(2);
  });
});

describe('pods that may not share', () => {
  it('have a value each, kept for the pod', async () => {
    const { repeat, backend } = resolverUnderTest();
    backend.scope = () => 'pod';
    backend.answer = (_, caller) => found({ username: caller.pod?.name });

    for (const caller of [web1, web2, web1, web2]) {
      expect(contentsOf(await repeat(planFor(caller)))).toEqual({ 'db-user': caller.pod?.name });
    }
    expect(backend.fetches).toHaveLength(2);
  });

  it.for([
    { name: 'of another method', request: { method: 'PUT' } },
    { name: 'with arguments', request: { body: '{"ttl":"1h"}' } },
  ])('ask each for itself what is a request $name, without waiting for each other', async ({ request }) => {
    const { repeat, backend, clock } = resolverUnderTest();
    backend.holds = { fetches: true };
    backend.answer = (_, caller) => found({ username: caller.pod?.name });
    const objects = [plannedObject({ ref: refOf(request) })];
    const waiting = [web1, web2].map((caller) => repeat(planFor(caller, { objects })));
    await clock.advance(0);

    expect(backend.fetches).toHaveLength(2);
    for (const call of backend.fetches) call.release();
    expect((await Promise.all(waiting)).map(contentsOf)).toEqual([{ 'db-user': 'web-1' }, { 'db-user': 'web-2' }]);
    expect(backend.logins).toEqual([]);
  });

  const ownLogins: readonly VaultAuth[] = [
    { method: 'approle', mount: 'approle', roleId: 'shop' },
    { method: 'cert', mount: 'cert', role: 'shop' },
    { method: 'token' },
  ];

  it.for(ownLogins)('have nothing in common when they log in with different secrets: $method', async (auth) => {
    const { repeat, backend } = resolverUnderTest();
    const objects = [plannedObject({ ref: refOf({}, { auth }) })];
    const withSecret = (value: string): Caller =>
      podCaller('web-1', { secrets: new Map([['secret_id', SecretBytes.from(value)]]) });

    await repeat(planFor(withSecret('good'), { objects }));
    backend.answer = () => failed('VAULT_DENIED');

    expect(contentsOf(await repeat(planFor(withSecret('good'), { objects })))).toEqual({ 'db-user': 'alice' });
    expect(contentsOf(await repeat(planFor(withSecret('bad'), { objects })))).toEqual({ 'db-user': 'VAULT_DENIED' });
  });
});
