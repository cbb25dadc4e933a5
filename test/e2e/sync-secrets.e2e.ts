import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { type Authority, createAuthority } from '../fakes/certificates.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { SecretObjectOptions, SyncedObject } from './harness/tenant-objects.ts';

controllerE2e({ name: 'A Secret is made of files', slug: 'sync-secrets' }, (stand) => {
  beforeAll(async () => {
    await stand().startController('--interval=1h');
  });

  /** Stores the values, and keeps them as one Secret `NAME` of these keys. */
  async function sync(
    name: string,
    values: Readonly<Record<string, string>>,
    secret: Omit<SecretObjectOptions, 'secretName'>,
    objects: readonly Partial<SyncedObject>[] = [],
  ): Promise<void> {
    const { tenant, vault } = stand();
    await vault.putSecret(name, values);
    const each = Object.keys(values).map((key, index) => ({
      objectName: key,
      secretPath: `secret/data/${name}`,
      secretKey: key,
      ...objects[index],
    }));
    await tenant.putClass(name, { objects: each });
    await tenant.putSync(name, { secretObjects: [{ secretName: name, ...secret }] });
  }

  const toData = (...keys: readonly string[]) => keys.map((key) => ({ objectName: key, key }));

  describe('of a built-in type', () => {
    const auths = (secret: string): string => JSON.stringify({ 'registry.example': { auth: secret } });
    it.for<{ type: string; values: (secret: string) => Readonly<Record<string, string>> }>([
      { type: 'Opaque', values: (secret) => ({ anything: secret }) },
      { type: 'kubernetes.io/basic-auth', values: (secret) => ({ username: 'app', password: secret }) },
      { type: 'kubernetes.io/ssh-auth', values: (secret) => ({ 'ssh-privatekey': secret }) },
      { type: 'kubernetes.io/dockercfg', values: (secret) => ({ '.dockercfg': auths(secret) }) },
      {
        type: 'kubernetes.io/dockerconfigjson',
        values: (secret) => ({ '.dockerconfigjson': `{"auths":${auths(secret)}}` }),
      },
      { type: 'example.com/own', values: (secret) => ({ anything: secret }) },
    ])('$type', async ({ type, values: toValues }) => {
      const { tenant, evidence } = stand();
      const name = type.toLowerCase().replaceAll(/[./]/g, '-');
      const values = toValues(evidence.newSecret(type));
      await sync(name, values, { type, data: toData(...Object.keys(values)) });
      await tenant.ready(name);
      expect(await tenant.readSecret(name)).toMatchObject({ type, data: values });
    });

    it.for([
      { type: 'kubernetes.io/basic-auth', says: 'username' },
      { type: 'kubernetes.io/ssh-auth', says: 'ssh-privatekey' },
      { type: 'kubernetes.io/dockercfg', says: '.dockercfg' },
      { type: 'kubernetes.io/dockerconfigjson', says: '.dockerconfigjson' },
      { type: 'kubernetes.io/tls', says: 'tls.crt' },
    ])('$type is not tried without the key $says', async ({ type, says }) => {
      const { tenant, evidence } = stand();
      const name = `lacks${type.toLowerCase().replaceAll(/[./]/g, '-')}`;
      await sync(name, { other: evidence.newSecret(name) }, { type, data: toData('other') });
      expect((await tenant.reason(name, 'SecretInvalid')).message).toContain(says);
      expect(await tenant.readSecret(name)).toBeUndefined();
    });

    it.for(['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'])(
      '%s is never made, also where a class asks for it',
      async (type) => {
        const { tenant, evidence } = stand();
        const name = `token-${type.length}`;
        const path = `secret/data/${name}`;
        await stand().vault.putSecret(name, { value: evidence.newSecret(name) });
        await tenant.putClass(name, {
          objects: [{ objectName: 'a', secretPath: path, secretKey: 'value' }],
          secretObjects: [{ secretName: name, type, data: [{ objectName: 'a', key: 'a' }] }],
        });
        await tenant.putSync(name);
        expect((await tenant.reason(name, 'SecretTypeRefused')).message).toContain(type);
        expect(await tenant.readSecret(name)).toBeUndefined();
      },
    );
  });

  describe('with keys', () => {
    it('from files in folders, under the names that the manifest gives them', async () => {
      const { tenant, evidence } = stand();
      const password = evidence.newSecret('nested');
      const data = [{ objectName: 'db/prod/password', key: 'db-password' }];
      await sync('nested', { password }, { data }, [{ objectName: 'db/prod/password' }]);
      await tenant.ready('nested');
      expect(await tenant.readSecret('nested')).toMatchObject({ data: { 'db-password': password } });
    });

    it('of every file where the manifest names none, dots standing for slashes', async () => {
      const { tenant, evidence } = stand();
      const values = { one: evidence.newSecret('every one'), two: evidence.newSecret('every two') };
      await sync('every', values, {}, [{ objectName: 'db/one' }, {}]);
      await tenant.ready('every');
      expect((await tenant.readSecret('every'))?.data).toEqual({ 'db.one': values.one, two: values.two });
    });

    it('but without that of an optional object that is absent', async () => {
      const { tenant, evidence } = stand();
      const there = evidence.newSecret('there');
      await sync('optional', { there, gone: '' }, { data: toData('there', 'gone') }, [
        {},
        { secretPath: 'secret/data/no-such-path', optional: true },
      ]);
      await tenant.ready('optional');
      expect((await tenant.readSecret('optional'))?.data).toEqual({ there });
    });

    it('and labels and annotations of the manifest, which follow it', async () => {
      const { tenant, evidence } = stand();
      const marks = { labels: { team: 'shop' }, annotations: { 'example.com/note': 'hello' } };
      const values = { a: evidence.newSecret('marks') };
      await sync('marks', values, { ...marks, data: toData('a') });
      await tenant.ready('marks');
      expect((await tenant.readSecret('marks'))?.metadata).toMatchObject(marks);
      await sync('marks', values, { labels: { team: 'billing' }, data: toData('a') });
      await tenant.untilSync(
        'marks',
        'to be seen',
        ({ status, metadata }) => status?.observedGeneration === metadata.generation,
      );
      const metadata = (await tenant.readSecret('marks'))?.metadata;
      expect(metadata?.labels).toEqual({ team: 'billing', 'lockstep.dev/managed': 'true' });
      expect(metadata?.annotations).toEqual({ 'lockstep.dev/owner': 'marks' });
    });
  });

  describe('for TLS', () => {
    let authority: Authority;
    let chain = '';
    let key = '';
    beforeAll(() => {
      authority = createAuthority();
      const leaf = authority.issue('app.example');
      chain = leaf.cert.toString() + authority.ca.cert.toString();
      key = leaf.key.toString();
      stand().evidence.mark('a private key', key.split('\n')[1] ?? '');
      return () => authority[Symbol.dispose]();
    });

    const type = 'kubernetes.io/tls';

    async function expectPair(name: string): Promise<Readonly<Record<string, string>>> {
      const { tenant } = stand();
      await tenant.ready(name);
      const secret = await tenant.readSecret(name);
      expect(secret?.type).toBe(type);
      const data = secret?.data ?? {};
      const leaf = new X509Certificate(data['tls.crt'] ?? '');
      expect(leaf.subject).toBe('CN=app.example');
      expect(leaf.checkPrivateKey(createPrivateKey(data['tls.key'] ?? ''))).toBe(true);
      return data;
    }

    it('certificate and key come out of one PEM file, wherever they stand in it', async () => {
      const bundle = { objectName: 'bundle' };
      const data = [
        { ...bundle, key: 'tls.crt' },
        { ...bundle, key: 'tls.key' },
      ];
      await sync('bundle', { bundle: key + chain }, { type, data });
      const secret = await expectPair('bundle');
      expect(secret['tls.crt']?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect(secret['tls.crt']).not.toContain('PRIVATE KEY');
      expect(secret['tls.key']).not.toContain('CERTIFICATE');
    });

    it('an authority may stand beside them as ca.crt', async () => {
      const values = { crt: chain, key, ca: authority.ca.cert.toString() };
      const data = [
        { objectName: 'crt', key: 'tls.crt' },
        { objectName: 'key', key: 'tls.key' },
        { objectName: 'ca', key: 'ca.crt' },
      ];
      await sync('with-ca', values, { type, data });
      const secret = await expectPair('with-ca');
      expect(new X509Certificate(secret['ca.crt'] ?? '').subject).toBe('CN=test-ca');
    });

    it('they come out of a PKCS#12 file too', async () => {
      const leaf = authority.issue('app.example');
      const export12 = ['pkcs12', '-export', '-inkey', leaf.keyFile, '-in', leaf.certFile, '-passout', 'pass:'];
      const pfx = execFileSync('openssl', export12).toString('base64');
      const data = [
        { objectName: 'pfx', key: 'tls.crt' },
        { objectName: 'pfx', key: 'tls.key' },
      ];
      await sync('pfx', { pfx }, { type, data }, [{ encoding: 'base64' }]);
      const secret = await expectPair('pfx');
      expect(secret['tls.key']).toContain('BEGIN EC PRIVATE KEY');
    });

    it('a key that belongs to another certificate is refused', async () => {
      const { tenant } = stand();
      const other = authority.issue('other.example').key.toString();
      const data = [
        { objectName: 'crt', key: 'tls.crt' },
        { objectName: 'key', key: 'tls.key' },
      ];
      await sync('mismatch', { crt: chain, key: other }, { type, data });
      await tenant.reason('mismatch', 'SecretInvalid');
      expect(await tenant.readSecret('mismatch')).toBeUndefined();
    });
  });
});
