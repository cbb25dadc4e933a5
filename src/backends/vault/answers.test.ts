import { describe, expect } from 'vitest';

import { it as base } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, ok, refuse } from '../../../test/fakes/vault-server.ts';

const pod = podCaller('one');

const it = base.extend('read', ({ under, vault }) => (request = {}) => {
  return under.fetch(vaultRef(vault.address, 'kv/a', { request }), pod);
});

describe('an answer', () => {
  it.for([
    ['of another status', { status: 200, body: '{"data":{}}' }, {}],
    ['with a status of its own in the 200s', { status: 202, body: '{"data":{"k":"v"}}' }, { k: 'v' }],
    ['of a raw endpoint', { status: 200, body: '{"data":{"keys":[]}}' }, { keys: [] }],
  ] as const)('%s is found', async ([, reply, data], { vault, read }) => {
    vault.script({ route: '/v1/kv/a', reply });
    expect(await read()).toEqual({ data, leased: false });
  });

  it.for([
    ['204', { status: 204 }],
    ['an empty body', { status: 200, body: '' }],
    ['only errors', { status: 200, body: '{"errors":["strange"]}' }],
    ['no data', { status: 200, body: '{"request_id":"r","data":null,"warnings":["w1","w2"]}' }],
    ['only a wrapping token', { status: 200, body: '{"data":null,"wrap_info":{"token":"hvs.secret","ttl":60}}' }],
    ['null', { status: 200, body: 'null' }],
  ] as const)('that is %s is empty, and absent', async ([, reply], { vault, read }) => {
    vault.script({ route: '/v1/kv/a', reply });
    const told = await read();
    expect(told.code).toBe('VAULT_ANSWER_EMPTY');
    expect(told.message).not.toContain('hvs.secret');
  });

  it('that is empty says what Vault warned of', async ({ vault, read }) => {
    vault.script({ route: '/v1/kv/a', reply: { status: 200, body: '{"data":null,"warnings":["w1\\u0000","w2"]}' } });
    expect((await read()).message).toContain('(w1; w2)');
  });

  it.for([
    ['text', 'hello secret-value'],
    ['HTML', '<html>secret-value</html>'],
    ['a list', '["secret-value"]'],
    ['cut off', '{"data":{"k":"secret-value'],
    ['of wrong types', '{"data":"secret-value"}'],
    ['of a wrong duration', '{"data":{"k":"secret-value"},"lease_duration":"1h"}'],
  ] as const)('that is %s is invalid, and not quoted', async ([, body], { vault, read }) => {
    vault.script({ route: '/v1/kv/a', reply: { status: 200, body } });
    const told = await read();
    expect(told.code).toBe('VAULT_ANSWER_INVALID');
    expect(told.message).not.toContain('secret-value');
    expect(told.message).toContain('GET /v1/kv/a');
  });

  it('that is too large is refused', async ({ vault, read }) => {
    const body = Buffer.alloc(9 * 1024 * 1024, ' ');
    vault.script({ route: '/v1/kv/a', reply: { status: 200, body } });
    expect(await read()).toMatchObject({ code: 'VAULT_ANSWER_INVALID', message: expect.stringContaining('larger') });
  });

  it('of megabytes is read whole', async ({ vault, read }) => {
    const k = 'x'.repeat(5 * 1024 * 1024);
    vault.script({ route: '/v1/kv/a', reply: ok({ data: { k } }) });
    expect(await read()).toEqual({ data: { k }, leased: false });
  });

  it('differs from another only by what matters', async ({ vault, under }) => {
    const fingerprints: (string | undefined)[] = [];
    for (const members of [{ request_id: '1' }, { request_id: '2' }, { data: { k: 'w' } }]) {
      vault.clearScripts();
      vault.script({ route: '/v1/kv/a', reply: ok({ data: { k: 'v' }, ...members }) });
      const [outcome] = await under.fetchAll([vaultRef(vault.address, 'kv/a')], pod);
      fingerprints.push(outcome?.status === 'found' ? outcome.fingerprint : undefined);
    }
    expect(fingerprints[0]).toBe(fingerprints[1]);
    expect(fingerprints[0]).not.toBe(fingerprints[2]);
  });
});

describe('a refusal', () => {
  it.for([
    [400, 'VAULT_REQUEST_REFUSED', 1],
    [403, 'VAULT_DENIED', 1],
    [404, 'VAULT_NOT_FOUND', 1],
    [405, 'VAULT_REQUEST_REFUSED', 1],
    [412, 'VAULT_UNAVAILABLE', 3],
    [429, 'VAULT_UNAVAILABLE', 3],
    [500, 'VAULT_UNAVAILABLE', 3],
    [501, 'VAULT_REQUEST_REFUSED', 1],
    [503, 'VAULT_UNAVAILABLE', 3],
  ] as const)(
    'with %i is %s after %i tries, with Vault’s own words',
    async ([status, code, tries], { vault, read }) => {
      vault.script({ route: '/v1/kv/*', reply: refuse(status, 'first\n\treason', 'second <&>') });
      const told = await read({ query: 'version=2' });
      expect(told).toMatchObject({ code, message: expect.stringContaining(`${status} first reason; second <&>`) });
      expect(told.message).toContain(`GET /v1/kv/a?version=2 at ${vault.address} (role "app")`);
      expect(vault.count('/v1/kv/*')).toBe(tries);
    },
  );

  it('that is not JSON is not quoted', async ({ vault, read }) => {
    vault.script({ route: '/v1/kv/a', reply: { status: 400, body: 'secret-value' } });
    const told = await read();
    expect(told.message).toContain('400 (not JSON)');
    expect(told.message).not.toContain('secret-value');
  });

  it('of any length stays short', async ({ vault, under }) => {
    const errors = Array.from({ length: 50 }, () => 'x'.repeat(5000));
    vault.script({ route: '/v1/kv/*', reply: refuse(400, ...errors) });
    const told = await under.fetch(vaultRef(vault.address, `kv/${'y'.repeat(3000)}`), pod);
    expect(told.message?.length).toBeLessThan(2500);
  });

  it('names the namespace', async ({ vault, under }) => {
    const ref = vaultRef(vault.address, 'kv/absent', { store: { namespace: 'team\u0007' } });
    expect((await under.fetch(ref, pod)).message).toContain('namespace "team\\u0007"');
  });

  it('of arguments that cannot be sent comes after the login, as the official provider does it', async ({
    vault,
    read,
  }) => {
    const told = await read({ method: 'POST', unsendable: 'has arguments that are not JSON' });
    expect(told).toMatchObject({ code: 'VAULT_REQUEST_REFUSED' });
    expect(told.message).toContain('has arguments that are not JSON');
    expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login']);
  });
});

describe('several refs', () => {
  it('of one path are one request, and one answer for each', async ({ vault, under }) => {
    vault.secrets.set('kv/a', { k: 'v' });
    vault.secrets.set('kv/b', { k: 'w' });
    const refs = ['kv/a', 'kv/b', 'kv/a', 'kv/a'].map((path) => vaultRef(vault.address, path));
    const outcomes = await under.fetchAll(refs, pod);
    expect(outcomes).toHaveLength(4);
    expect(vault.count('/v1/kv/*')).toBe(2);
  });

  it('of several stores are told apart', async ({ vault, under }) => {
    await using other = await FakeVault.start();
    vault.secrets.set('kv/a', { k: 'here' });
    other.secrets.set('kv/a', { k: 'there' });
    const refs = [vaultRef(vault.address, 'kv/a'), vaultRef(other.address, 'kv/a')];
    const texts = (await under.fetchAll(refs, pod)).map((outcome) =>
      outcome.status === 'found' ? outcome.payload.reveal().toString() : '',
    );
    expect(texts[0]).toContain('here');
    expect(texts[1]).toContain('there');
  });

  it('are read eight at a time', async ({ vault, under }) => {
    const gate = Promise.withResolvers<void>();
    let most = 0;
    let running = 0;
    vault.script({
      route: '/v1/kv/*',
      reply: async () => {
        most = Math.max(most, ++running);
        if (running === 8) gate.resolve();
        await gate.promise;
        running--;
        return ok({ data: { k: 'v' } });
      },
    });
    const refs = Array.from({ length: 40 }, (_, index) => vaultRef(vault.address, `kv/${index}`));
    const outcomes = await under.fetchAll(refs, pod);
    expect(outcomes.every(({ status }) => status === 'found')).toBe(true);
    expect(most).toBe(8);
  });
});
