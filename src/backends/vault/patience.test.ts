import { describe, expect, vi } from 'vitest';

import { tell, it } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { refuse } from '../../../test/fakes/vault-server.ts';

const pod = podCaller('one');

it.beforeEach(({ vault }) => void vault.secrets.set('kv/a', { k: 'v' }));

describe('time', () => {
  it('a server that hangs is given up after 60 s, as an outage', async ({ vault, under }) => {
    vault.script({ route: '/v1/kv/a', reply: 'hang' });
    const fetch = under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    await vi.waitFor(() => expect(vault.count('/v1/kv/a')).toBe(1));
    await under.clock.advance(60_000);
    expect(await fetch).toMatchObject({ code: 'VAULT_TIMEOUT', message: expect.stringContaining('/v1/kv/a') });
    expect(under.clock.waiting).toBe(0);
  });

  it('a caller whose time runs out, or who goes, is answered at once', async ({ vault, under }) => {
    vault.script({ route: '/v1/kv/*', reply: 'hang' });
    const reasons = [new DOMException('late', 'TimeoutError'), new Error('gone')];
    const codes = reasons.map(async (reason, index) => {
      const controller = new AbortController();
      const ref = vaultRef(vault.address, `kv/${index}`);
      const fetch = under.backend.fetch([ref], pod, { signal: controller.signal });
      await vi.waitFor(() => expect(vault.count(`/v1/kv/${index}`)).toBe(1));
      controller.abort(reason);
      return tell((await fetch)[0]).code;
    });
    expect(await Promise.all(codes)).toEqual(['VAULT_TIMEOUT', 'MOUNT_CANCELLED']);
    // That of the login may be kept.
    await vi.waitFor(() => expect(vault.server.openSockets).toBeLessThan(2));
  });

  it('a connection that breaks is tried again', async ({ vault, under }) => {
    vault.script({ route: '/v1/kv/a', reply: 'reset', times: 2 });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
    expect(vault.count('/v1/kv/a')).toBe(3);
  });

  it('a login is tried again as well', async ({ vault, under }) => {
    vault.script({ route: '/v1/auth/*', reply: refuse(500, 'x'), times: 1 });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
    expect(vault.count('/v1/auth/*')).toBe(2);
  });

  it('closing leaves no timer and no connection', async ({ create, vault }) => {
    const under = create();
    vault.grant = { ttlS: 3600 };
    vault.engines.set('creds', { ttlS: 3600, renewable: true });
    await under.fetchAll([vaultRef(vault.address, 'kv/a'), vaultRef(vault.address, 'creds')], pod);
    await under.backend.close();
    expect(under.clock.waiting).toBe(0);
    await vi.waitFor(() => expect(vault.server.openSockets).toBe(0));
  });
});
