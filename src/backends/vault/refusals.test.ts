import { describe, expect } from 'vitest';

import { it, found } from '../../../test/fakes/vault-backend.ts';
import { kubernetes, login, one, pods, two } from '../../../test/fakes/vault-callers.ts';
import { refuse } from '../../../test/fakes/vault-server.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const second = 1000;
const minute = 60 * second;

describe('403', () => {
  it('with an old token leads to one login and one more try', async ({ ref, vault, under }) => {
    await under.fetch(ref(), one);
    vault.tokens.clear();
    expect(await under.fetch(ref(), one)).toEqual(found);
    expect(vault.calls.slice(2)).toEqual(['GET /v1/kv/a', `POST ${login}`, 'GET /v1/kv/a']);
  });

  it('for many at once leads to one login', async ({ ref, vault, under }) => {
    vault.grant = kubernetes;
    await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    vault.tokens.clear();
    await Promise.all(pods.map((pod) => under.fetchAll([ref('kv/a'), ref('kv/b')], pod)));
    expect(vault.count(login)).toBe(pods.length + 1);
  });

  it('with a new token is final', async ({ ref, vault, under }) => {
    vault.denied.add('kv/a');
    const told = await under.fetch(ref(), one);
    expect(told.code).toBe('VAULT_DENIED');
    for (const text of ['GET /v1/kv/a', vault.address, '403', 'permission denied', 'read', '"kv/a"']) {
      expect(told.message).toContain(text);
    }
    expect(vault.calls).toEqual([`POST ${login}`, 'GET /v1/kv/a']);
  });

  it('with a token that identify has just brought is final', async ({ ref, vault, under }) => {
    vault.denied.add('kv/a');
    await under.backend.identify(ref(), one, under);
    await under.fetch(ref(), one);
    expect(vault.count(login)).toBe(1);
  });

  it('that a new login does not change costs no login for a while, and ends with the refusal', async ({
    ref,
    vault,
    under,
  }) => {
    await under.fetch(ref(), one);
    vault.denied.add('kv/a');
    const logins: number[] = [];
    for (let poll = 0; poll < 20; poll++) {
      await under.fetch(ref(), one);
      logins.push(vault.count(login));
      await under.pass(15 * second);
    }
    expect(logins).toEqual([2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5]);
    vault.denied.clear();
    expect(await under.fetch(ref(), one)).toEqual(found);
    expect(vault.count(login)).toBe(5);
  });

  it('of one object does not stop another from logging in anew', async ({ ref, vault, under }) => {
    await under.fetch(ref('kv/b'), one);
    vault.denied.add('kv/a');
    await under.fetch(ref('kv/a'), one);
    await under.pass(15 * second);
    vault.tokens.clear();
    expect(await under.fetch(ref('kv/b'), one)).toMatchObject({ data: { k: 'b' } });
  });

  it('followed by a refused login names both', async ({ ref, vault, under }) => {
    await under.fetch(ref(), one);
    vault.tokens.clear();
    vault.script({ route: login, reply: refuse(400, 'role gone') });
    const told = await under.fetch(ref(), one);
    expect(told.code).toBe('VAULT_LOGIN_REFUSED');
    for (const text of ['role gone', '400', 'GET /v1/kv/a', '403']) expect(told.message).toContain(text);
  });

  it('followed by a login that fails in an outage is an outage', async ({ ref, vault, under }) => {
    await under.fetch(ref(), one);
    vault.tokens.clear();
    vault.script({ route: login, reply: refuse(503, 'sealed') });
    expect(await under.fetch(ref(), one)).toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });
});

describe('a refused login', () => {
  it('is tried again by the next call at once, then after growing pauses', async ({ ref, vault, under }) => {
    vault.script({ route: login, reply: refuse(403, 'permission denied') });
    const logins: number[] = [];
    for (let poll = 0; poll < 8; poll++) {
      expect(await under.fetch(ref(), one)).toMatchObject({ code: 'VAULT_LOGIN_REFUSED' });
      logins.push(vault.count(login));
      await under.pass(500);
    }
    expect(logins).toEqual([1, 2, 2, 3, 3, 3, 3, 4]);
    await under.pass(10 * minute);
    vault.clearScripts();
    expect(await under.fetch(ref(), one)).toEqual(found);
  });

  it('does not hold back another token of the same pod, nor another pod', async ({ ref, vault, under }) => {
    vault.script({
      route: login,
      reply: ({ body }) => (body.includes('jwt-of-one') ? refuse(403, 'no') : { status: 400 }),
    });
    for (let poll = 0; poll < 3; poll++) await under.fetch(ref(), one);
    expect(vault.count(login)).toBe(2);
    await under.fetch(ref(), { ...one, tokens: new Map([['vault', SecretBytes.from('another')]]) });
    await under.fetch(ref(), two);
    expect(vault.count(login)).toBe(4);
  });

  it('of several objects of one call is one login', async ({ ref, vault, under }) => {
    vault.script({ route: login, reply: refuse(403, 'permission denied') });
    const outcomes = await under.fetchAll([ref('kv/a'), ref('kv/b'), ref('kv/c')], one);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(vault.count(login)).toBe(1);
  });
});
