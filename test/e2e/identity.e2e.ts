import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { writeCertificates } from './harness/certificates.ts';
import { e2e } from './harness/e2e.ts';
import { until } from './harness/until.ts';
import { republishUntil } from './harness/volume.ts';
import { RaftVault } from './harness/vault.ts';

e2e('A pod’s credentials end and go on', 'identity', (stand) => {
  beforeAll(async () => {
    await stand().startProvider();
  });

  describe('its Vault token', () => {
    it('is replaced by a new login when it has expired, and the pod notices nothing', async () => {
      const { proxy, vault } = stand();
      await vault.putRole('short', { token_ttl: '2s', token_max_ttl: '2s' });
      await stand().putSecret('expiry');
      await stand().putClass('expiry', [{ objectName: 'a', secretPath: 'secret/data/expiry', secretKey: 'value' }], {
        roleName: 'short',
        refreshInterval: '0s',
      });
      const volume = await stand().createVolume('expiry');
      proxy.forget();
      await volume.publish();
      const loggedInAt = Date.now();
      const current = await stand().putSecret('expiry');
      await until(() => Date.now() - loggedInAt > 2_500, { what: 'the token to expire' });

      await volume.publish();

      expect(volume.read('a')).toBe(current);
      expect(proxy.logins).toHaveLength(2);
      const tokens = new Set(proxy.reads('secret/data/expiry').map(({ token }) => token));
      expect(tokens.size).toBeGreaterThan(1);
    });

    it('is renewed as long as the pod needs it', async () => {
      const { proxy, vault } = stand();
      await vault.putRole('renewable', { token_ttl: '5s' });
      await stand().putSecret('renewed');
      await stand().putClass('renewed', [{ objectName: 'a', secretPath: 'secret/data/renewed', secretKey: 'value' }], {
        roleName: 'renewable',
        refreshInterval: '0s',
      });
      const volume = await stand().createVolume('renewed');
      proxy.forget();
      await volume.publish();
      const loggedInAt = Date.now();
      await republishUntil(volume, () => Date.now() - loggedInAt > 6_000);
      expect(proxy.logins).toHaveLength(1);
      expect(new Set(proxy.reads('secret/data/renewed').map(({ token }) => token)).size).toBe(1);
    });

    it('is one for all pods of a service account, once each has logged in by itself', async () => {
      const { proxy, vault } = stand();
      await vault.putRole('shared');
      await stand().putSecret('shared');
      await stand().putClass('shared', [{ objectName: 'a', secretPath: 'secret/data/shared', secretKey: 'value' }], {
        roleName: 'shared',
        refreshInterval: '0s',
      });
      const volumes = await Promise.all([1, 2, 3].map(() => stand().createVolume('shared')));
      proxy.forget();
      await Promise.all(volumes.map((volume) => volume.publish()));
      expect(proxy.logins).toHaveLength(3);

      proxy.forget();
      for (const volume of volumes) await volume.publish();
      expect(proxy.logins).toEqual([]);
      expect(new Set(proxy.reads('secret/data/shared').map(({ token }) => token)).size).toBe(1);
    });
  });

  describe('a leased answer', () => {
    it('is one credential over several lives of the lease, renewed and never asked for again', async () => {
      const { proxy, vault, evidence } = stand();
      const first = evidence.newSecret('lease');
      await vault.call('PUT', 'kv1/leased', { ttl: '4s', value: first });
      await stand().putClass('leased', [{ objectName: 'a', secretPath: 'kv1/leased', secretKey: 'value' }], {
        refreshInterval: '0s',
      });
      const volume = await stand().createVolume('leased');
      proxy.forget();
      await volume.publish();
      const versions = await volume.versions();
      // Whoever asked again would get this one.
      await vault.call('PUT', 'kv1/leased', { ttl: '4s', value: evidence.newSecret('another lease') });

      await republishUntil(volume, () => proxy.reads('sys/leases/renew').length >= 3);

      expect(proxy.reads('kv1/leased')).toHaveLength(1);
      expect(volume.read('a')).toBe(first);
      expect(await volume.versions()).toEqual(versions);
    });

    it('belongs to one pod: another asks for its own', async () => {
      const { proxy, vault, evidence } = stand();
      await vault.call('PUT', 'kv1/per-pod', { ttl: '1h', value: evidence.newSecret('per pod') });
      await stand().putClass('per-pod', [{ objectName: 'a', secretPath: 'kv1/per-pod', secretKey: 'value' }]);
      proxy.forget();
      const volumes = [await stand().createVolume('per-pod'), await stand().createVolume('per-pod')];
      await Promise.all(volumes.map((volume) => volume.publish()));
      expect(proxy.reads('kv1/per-pod')).toHaveLength(2);
    });
  });

  it('trusts a new authority as soon as its file is replaced, with no restart', async () => {
    const { run, dir, evidence } = stand();
    const tlsDir = join(dir, 'tls');
    const trusted = join(dir, 'trusted.pem');
    const tls = writeCertificates(tlsDir);
    copyFileSync(tls.ca, trusted);
    const vault = await RaftVault.start({ runDir: run.runDir, dir: join(dir, 'vault') }, run.cluster, tls);
    evidence.mark('the administrator of the second Vault', vault.api.token);
    await vault.api.putRole('app');
    const value = await stand().putSecret('tls', vault.api);
    await stand().putClass('tls', [{ objectName: 'a', secretPath: 'secret/data/tls', secretKey: 'value' }], {
      vaultAddress: vault.address,
      vaultCACertPath: trusted,
      refreshInterval: '0s',
    });
    const before = await stand().createVolume('tls');
    await before.publish();
    expect(before.read('a')).toBe(value);

    writeCertificates(tlsDir);
    await vault.restart();
    const after = await stand().createVolume('tls');
    const refusal = await after.publishRefused();
    expect(refusal.providerStatus).toBe('FailedPrecondition');
    expect(refusal.message).toContain('certificate');

    copyFileSync(tls.ca, trusted);
    // The file is read again after 5 s at the latest.
    const isTrusted = (): Promise<boolean> =>
      after.publish().then(
        () => true,
        () => false,
      );
    await until(isTrusted, { what: 'the new authority to be trusted', timeoutMs: 10_000 });
    expect(after.read('a')).toBe(value);
    await vault.stop();
  });
});
