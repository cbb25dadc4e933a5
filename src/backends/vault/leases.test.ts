import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createAuthority } from '../../../test/fakes/certificates.ts';
import { createBackendUnderTest } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, ok, refuse } from '../../../test/fakes/vault-server.ts';

const minute = 60_000;
const creds = 'database/creds/app';
const renewLease = 'PUT /v1/sys/leases/renew';
const one = podCaller('one');
const two = podCaller('two');

let vault: FakeVault;
let under: ReturnType<typeof createBackendUnderTest>;

beforeEach(async () => {
  vault = await FakeVault.start();
  vault.engines.set(creds, { ttlS: 3600, renewable: true });
  vault.grant = { metadata: { service_account_namespace: 'shop', service_account_name: 'app' } };
  under = createBackendUnderTest();
});
afterEach(async () => {
  await under.backend.close();
  await vault[Symbol.asyncDispose]();
});

const ref = (path = creds) => vaultRef(vault.address, path);
const issued = (): number => vault.count(`/v1/${creds}`);

/** Calls once a minute, as kubelet does. */
async function poll(minutes: number, caller = one): Promise<unknown[]> {
  const seen = new Set<string>();
  for (let passed = 0; passed < minutes; passed++) {
    await under.pass(minute);
    seen.add(JSON.stringify(await under.fetch(ref(), caller)));
  }
  return [...seen].map((text) => JSON.parse(text) as unknown);
}

describe('a lease', () => {
  it('is served to its pod without a call until it must be renewed', async () => {
    const first = await under.fetch(ref(), one);
    expect(first).toMatchObject({ leased: true, data: { username: expect.any(String) } });
    expect(await poll(39)).toEqual([first]);
    expect(issued()).toBe(1);
    expect(vault.calls).toHaveLength(2);
  });

  it('is renewed in the background, with one credential over many polls', async () => {
    const first = await under.fetch(ref(), one);
    expect(await poll(150)).toEqual([first]);
    expect(issued()).toBe(1);
    await vi.waitFor(() => expect(vault.count(renewLease)).toBe(3));
    const renewal = vault.requests.find(({ path }) => path === '/v1/sys/leases/renew');
    expect(JSON.parse(renewal?.body ?? '')).toEqual({ lease_id: [...vault.leases][0] });
    expect(renewal?.headers['x-vault-token']).toBe('hvs.fake-token-1');
  });

  it('belongs to one pod, also where the login is shared', async () => {
    const outcomes = await Promise.all([under.fetch(ref(), one), under.fetch(ref(), two)]);
    expect(vault.count('/v1/auth/*')).toBe(2);
    expect(outcomes[0]?.data).not.toEqual(outcomes[1]?.data);
    expect(await under.fetch(ref(), one)).toEqual(outcomes[0]);
    expect(await under.fetch(ref(), two)).toEqual(outcomes[1]);
    expect(issued()).toBe(2);
    expect(await under.metrics.registry.metrics()).toContain('lockstep_leases{store="vault"} 2');
  });

  it('is issued once for several mounts of the pod at the same time', async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => under.fetch(ref(), one)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(issued()).toBe(1);
  });

  it('is another one for other arguments', async () => {
    const withBody = (body: string) => vaultRef(vault.address, creds, { request: { method: 'POST', body } });
    await under.fetch(withBody('{"ttl":"1h"}'), one);
    await under.fetch(withBody('{"ttl":"2h"}'), one);
    expect(issued()).toBe(2);
  });

  it('is not taken for one when it has a duration but no id, as KV version 1 answers', async () => {
    vault.script({ route: '/v1/kv/a', reply: ok({ data: { k: 'v' }, lease_duration: 2_764_800 }) });
    expect(await under.fetch(ref('kv/a'), one)).toMatchObject({ leased: false });
    await under.fetch(ref('kv/a'), one);
    expect(vault.count('/v1/kv/a')).toBe(2);
  });

  it('that cannot be renewed is asked for again at two thirds', async () => {
    vault.engines.set(creds, { ttlS: 3600, renewable: false });
    const first = await under.fetch(ref(), one);
    expect(await poll(39)).toEqual([first]);
    const [second] = await poll(1);
    expect(second).not.toEqual(first);
    expect(await poll(39)).toEqual([second]);
    expect(issued()).toBe(2);
    expect(vault.count(renewLease)).toBe(0);
  });

  it('that nears its maximum is asked for again, while the old one is still good', async () => {
    const first = await under.fetch(ref(), one);
    vault.renewal = { ttlS: 1200, renewable: true };
    const seen = await poll(56);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(first);
    expect(issued()).toBe(2);
  });

  it('that Vault knows no more is asked for again at the next call', async () => {
    const first = await under.fetch(ref(), one);
    vault.leases.clear();
    const seen = await poll(43);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(first);
    expect(under.log.join('')).toContain('lease not found');
  });

  it('is renewed no longer than ten minutes after the last call of its pod', async () => {
    await under.fetch(ref(), one);
    await poll(25);
    await under.pass(90 * minute);
    expect(vault.count(renewLease)).toBe(0);
    expect(await under.metrics.registry.metrics()).toContain('lockstep_leases{store="vault"} 0');
    await under.fetch(ref(), one);
    expect(issued()).toBe(2);
  });

  it('keeps the token alive that issued it, whatever the token’s own life', async () => {
    vault.grant = { ...vault.grant, ttlS: 600 };
    vault.renewal = { ttlS: 600, renewable: true };
    vault.engines.set(creds, { ttlS: 7200, renewable: true });
    const first = await under.fetch(ref(), one);
    expect(await poll(75)).toEqual([first]);
    expect(vault.count('/v1/auth/kubernetes/login')).toBe(1);
    expect(vault.count('/v1/auth/token/renew-self')).toBeGreaterThan(9);
  });

  it('does not outlive a token that cannot be renewed', async () => {
    vault.grant = { ...vault.grant, ttlS: 600, renewable: false };
    const first = await under.fetch(ref(), one);
    expect(await poll(6)).toEqual([first]);
    const [second] = await poll(1);
    expect(second).not.toEqual(first);
    expect(vault.count('/v1/auth/kubernetes/login')).toBe(2);
  });

  it('dies with a token that was revoked, as soon as that shows', async () => {
    vault.secrets.set('kv/a', { k: 'v' });
    const first = await under.fetch(ref(), one);
    await under.fetch(ref('kv/a'), one);
    vault.grant = { ...vault.grant, ttlS: 0 };
    vault.tokens.clear();
    await under.fetch(ref('kv/a'), one);
    await vi.waitFor(async () => expect(await under.fetch(ref(), one)).not.toEqual(first));
  });

  it('survives a refusal that its token had nothing to do with', async () => {
    vault.secrets.set('kv/a', { k: 'v' });
    const first = await under.fetch(ref(), one);
    vault.denied.add('kv/a');
    await under.pass(minute);
    await under.fetch(ref('kv/a'), one);
    expect(vault.count('/v1/auth/kubernetes/login')).toBe(2);
    expect(await poll(100)).toEqual([first]);
    expect(issued()).toBe(1);
  });

  it('is never revoked, and neither is its token', async () => {
    await under.fetch(ref(), one);
    await under.pass(200 * minute);
    await under.backend.close();
    expect(vault.calls.filter((call) => call.includes('revoke'))).toEqual([]);
  });

  it('that ends at once is served and not kept', async () => {
    vault.engines.set(creds, { ttlS: 0, renewable: false });
    const first = await under.fetch(ref(), one);
    expect(first).toMatchObject({ leased: true });
    expect(await under.fetch(ref(), one)).not.toEqual(first);
  });
});

describe('in an outage', () => {
  it('a lease is served until its real end', async () => {
    vault.engines.set(creds, { ttlS: 3600, renewable: false });
    const first = await under.fetch(ref(), one);
    vault.script({ route: '/v1/*', reply: refuse(503, 'sealed') });
    await under.pass(50 * minute);
    expect(await under.fetch(ref(), one)).toEqual(first);
    await under.pass(10 * minute);
    expect(await under.fetch(ref(), one)).toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });

  it('a refusal is told, though the lease is still good', async () => {
    vault.engines.set(creds, { ttlS: 3600, renewable: false });
    await under.fetch(ref(), one);
    vault.denied.add(creds);
    await under.pass(50 * minute);
    expect(await under.fetch(ref(), one)).toMatchObject({ code: 'VAULT_DENIED' });
  });

  it('renewal is tried again, and the credential stays', async () => {
    const first = await under.fetch(ref(), one);
    vault.script({ route: '/v1/sys/*', reply: refuse(503, 'sealed') });
    await poll(42);
    vault.clearScripts();
    expect(await poll(30)).toEqual([first]);
    expect(issued()).toBe(1);
  });
});

describe('a certificate', () => {
  using authority = createAuthority();
  const { cert } = authority.issue('web.example');
  const issue = (method: string) => vaultRef(vault.address, 'pki/issue/web', { request: { method, body: '{}' } });

  it('that was issued is kept for its pod until two thirds of its life', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const late = createBackendUnderTest();
    await late.clock.advance(Date.now() - late.clock.now());
    vi.useRealTimers();
    vault.script({ route: '/v1/pki/*', reply: ok({ data: { certificate: cert.toString() } }) });
    for (const pod of [one, one, two]) expect(await late.fetch(issue('PUT'), pod)).toMatchObject({ leased: true });
    expect(vault.count('/v1/pki/*')).toBe(2);
    await late.clock.advance(30 * 60 * minute);
    await late.fetch(issue('PUT'), one);
    expect(vault.count('/v1/pki/*')).toBe(2);
    await late.clock.advance(3 * 60 * minute);
    await late.fetch(issue('PUT'), one);
    expect(vault.count('/v1/pki/*')).toBe(3);
    await late.backend.close();
  });

  it.for(['GET', 'LIST'])('that was only read with %s is no lease: somebody may change the copy', async (method) => {
    vault.script({ route: '/v1/pki/*', reply: ok({ data: { certificate: cert.toString() } }) });
    expect(await under.fetch(issue(method), one)).toMatchObject({ leased: false });
  });

  it.for(['junk', '', 5, null])('that is %j is no lease', async (certificate) => {
    vault.script({ route: '/v1/pki/*', reply: ok({ data: { certificate } }) });
    expect(await under.fetch(issue('PUT'), one)).toMatchObject({ leased: false });
  });
});
