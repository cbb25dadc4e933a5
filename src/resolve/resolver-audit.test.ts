import { describe, expect, it } from 'vitest';

import { failed, found } from '../../test/fakes/backend.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { planFor, podCaller, refOf, resolverUnderTest } from '../../test/fakes/resolver-under-test.ts';
import { web1, web2 } from '../../test/fakes/web-pods.ts';

describe('the audit', () => {
  it('says once per fetch and object who got what from where', async () => {
    const { repeat, audit } = resolverUnderTest();
    const password = plannedObject({ name: 'db-pass', path: 'db-pass', select: { kind: 'key', key: 'password' } });

    const { objects } = await repeat(planFor(web1, { objects: [plannedObject(), password] }));
    await repeat(planFor(web2));

    const common = {
      level: 'info',
      msg: 'secret fetched',
      audit: 'fetch',
      namespace: 'shop',
      serviceAccount: 'web',
      pod: 'web-1',
      store: 'https://vault.test:8200',
      path: '/v1/secret/data/db',
      outcome: 'ok',
    };
    expect(audit()).toEqual([
      { ...common, time: expect.any(String), object: 'db-user', version: objects[0]?.version },
      { ...common, time: expect.any(String), object: 'db-pass', version: objects[1]?.version },
    ]);
  });

  it('holds no value, key material or token', async () => {
    const { repeat, audit, backend } = resolverUnderTest();
    backend.answer = () => found({ username: 'canary-5a17' });

    await repeat(planFor(web1, { objects: [plannedObject(), plannedObject({ name: 'x', path: 'x', expand: true })] }));

    expect(JSON.stringify(audit())).not.toContain('canary');
  });

  it('names no version where there is none, or several', async () => {
    const { repeat, audit } = resolverUnderTest();
    const absent = plannedObject({ name: 'absent', path: 'absent', select: { kind: 'key', key: 'absent' } });
    const all = plannedObject({ name: 'all', path: 'all', select: { kind: 'response' }, expand: true });

    await repeat(planFor(web1, { objects: [absent, all] }));

    expect(audit().map(({ outcome, version }) => ({ outcome, version }))).toEqual(
      Array(2).fill({ outcome: 'ok', version: undefined }),
    );
  });

  it('collapses a failure that repeats itself, with the number of times every five minutes', async () => {
    const { repeat, audit, backend, clock } = resolverUnderTest();
    backend.answer = () => failed('VAULT_DENIED');
    for (let minute = 0; minute < 12; minute++) {
      await repeat(planFor(web1));
      await clock.advance(60_000);
    }

    expect(audit().map(({ msg, outcome, unsaid }) => ({ msg, outcome, unsaid }))).toEqual([
      { msg: 'secret not fetched', outcome: 'VAULT_DENIED', unsaid: undefined },
      { msg: 'secret not fetched', outcome: 'VAULT_DENIED', unsaid: 4 },
      { msg: 'secret not fetched', outcome: 'VAULT_DENIED', unsaid: 4 },
    ]);
  });

  it('says every change of outcome', async () => {
    const { repeat, audit, backend, clock } = resolverUnderTest({ staleIfErrorMs: 0 });
    const outcomes = [
      failed('VAULT_DENIED'),
      failed('VAULT_UNREACHABLE'),
      found({ username: 'alice' }),
      failed('VAULT_DENIED'),
    ];
    for (const outcome of outcomes) {
      backend.answer = () => outcome;
      await repeat(planFor(web1));
      await clock.advance(30_000);
    }

    expect(audit().map(({ outcome }) => outcome)).toEqual(['VAULT_DENIED', 'VAULT_UNREACHABLE', 'ok', 'VAULT_DENIED']);
  });

  it('says a lease when it is new, not at every republish', async () => {
    const { repeat, audit, backend, clock } = resolverUnderTest();
    for (const username of ['one', 'one', 'one', 'two', 'two']) {
      backend.answer = () => found({ username }, { leased: true });
      await repeat(planFor(web1));
      await clock.advance(60_000);
    }

    expect(audit()).toHaveLength(2);
  });

  it('names a bounded number of objects of one answer', async () => {
    const { repeat, audit } = resolverUnderTest();
    const objects = Array.from({ length: 1000 }, (_, index) => plannedObject({ name: `o${index}`, path: `o${index}` }));

    await repeat(planFor(web1, { objects }));

    expect(audit()).toHaveLength(16);
  });

  it('names callers who are no pod', async () => {
    const { repeat, audit } = resolverUnderTest();
    const { pod: _, ...account } = podCaller('x', { kind: 'service-account' });

    await repeat(planFor(account, { objects: [plannedObject({ ref: refOf({ path: '/v1/kv/x' }) })] }));

    expect(audit()[0]).toMatchObject({ namespace: 'shop', serviceAccount: 'web', path: '/v1/kv/x' });
    expect(audit()[0]).not.toHaveProperty('pod');
  });
});
