import { readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { e2e } from './harness/e2e.ts';
import type { Provider } from './harness/provider.ts';
import { until } from './harness/until.ts';
import { republishUntil } from './harness/volume.ts';

e2e('A pod mounts secrets of Vault through the CSI driver', 'mount', (stand) => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await stand().startProvider();
  });

  describe('when everything is in order', () => {
    it('gets its files, their modes and a version each, with one login and one read on a cold node', async () => {
      const { proxy } = stand();
      const password = await stand().putSecret('cold');
      await stand().putClass('cold', [
        { objectName: 'password', secretPath: 'secret/data/cold', secretKey: 'value' },
        { objectName: 'again', secretPath: 'secret/data/cold', secretKey: 'value', filePermission: 0o400 },
      ]);
      const volume = await stand().createVolume('cold');
      proxy.forget();

      await volume.publish();

      expect(volume.files()).toEqual(['again', 'password']);
      expect(volume.read('password')).toBe(password);
      expect([volume.mode('password'), volume.mode('again')]).toEqual([0o644, 0o400]);
      expect(await volume.versions()).toEqual({ again: expect.stringMatching(/.{20}/), password: expect.any(String) });
      expect(proxy.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        expect.stringMatching(/^(POST|PUT) \/v1\/auth\/kubernetes\/login$/),
        'GET /v1/secret/data/cold',
      ]);
    });

    it('gets the same files at every republish within the refresh interval, and the store hears nothing', async () => {
      const { proxy } = stand();
      const password = await stand().putSecret('warm');
      await stand().putClass('warm', [{ objectName: 'a', secretPath: 'secret/data/warm', secretKey: 'value' }]);
      const volume = await stand().createVolume('warm');
      await volume.publish();
      const versions = await volume.versions();
      const mounts = (await provider.metric('lockstep_mounts_total', 'outcome="ok"')) ?? 0;
      proxy.forget();

      for (let time = 0; time < 5; time++) await volume.publish();

      expect(await provider.metric('lockstep_mounts_total', 'outcome="ok"')).toBe(mounts + 5);
      expect(proxy.requests).toEqual([]);
      expect(volume.read('a')).toBe(password);
      expect(await volume.versions()).toEqual(versions);
    });

    it('mounts with the token in the volume context, where kubelets before 1.35 put it', async () => {
      const password = await stand().putSecret('context');
      await stand().putClass('context', [{ objectName: 'a', secretPath: 'secret/data/context', secretKey: 'value' }]);
      const volume = await stand().createVolume('context', { tokensIn: 'context' });
      await volume.publish();
      expect(volume.read('a')).toBe(password);
    });

    it('loses its files when the pod goes', async () => {
      await stand().putSecret('gone');
      await stand().putClass('gone', [{ objectName: 'a', secretPath: 'secret/data/gone', secretKey: 'value' }]);
      const volume = await stand().createVolume('gone');
      await volume.publish();
      await volume.unpublish();
      expect(() => volume.files()).toThrow('ENOENT');
    });
  });

  describe('when the secret changes', () => {
    it('gets the new file and a new version at a republish', async () => {
      const before = await stand().putSecret('rotated');
      await stand().putClass('rotated', [{ objectName: 'a', secretPath: 'secret/data/rotated', secretKey: 'value' }], {
        refreshInterval: '500ms',
      });
      const volume = await stand().createVolume('rotated');
      await volume.publish();
      const versions = await volume.versions();
      expect(volume.read('a')).toBe(before);

      const after = await stand().putSecret('rotated');
      await republishUntil(volume, () => volume.read('a') === after);

      expect(Object.keys(await volume.versions())).toEqual(['a']);
      expect(await volume.versions()).not.toEqual(versions);
    });

    it('never gets the old value as a new pod, although other pods have it cached for an hour', async () => {
      const objects = [{ objectName: 'a', secretPath: 'secret/data/rollout', secretKey: 'value' }];
      const old = await stand().putSecret('rollout');
      await stand().putClass('rollout', objects, { refreshInterval: '1h' });
      const running = await stand().createVolume('rollout');
      await running.publish();
      const fetchedAt = Date.now();
      const current = await stand().putSecret('rollout');
      // A first mount accepts what was fetched within 2 s.
      await until(() => Date.now() - fetchedAt > 2_100, { what: 'the fetch to be older than 2 s' });
      await running.publish();
      expect(running.read('a')).toBe(old);

      const started = await Promise.all([1, 2, 3].map(() => stand().createVolume('rollout')));
      await Promise.all(started.map((volume) => volume.publish()));

      expect(started.map((volume) => volume.read('a'))).toEqual([current, current, current]);
    });
  });

  describe('when something is wrong', () => {
    it('is refused with the role and Vault’s reason for a role that does not exist', async () => {
      await stand().putClass('role', [{ objectName: 'a', secretPath: 'secret/data/x' }], { roleName: 'no-such-role' });
      const refusal = await (await stand().createVolume('role')).publishRefused();
      expect(refusal.providerStatus).toBe('Unauthenticated');
      expect(refusal.message).toContain('no-such-role');
      expect(refusal.message).toContain('invalid role name');
    });

    it('is refused with Vault’s reason for a service account that the role does not name', async () => {
      await stand().putClass('account', [{ objectName: 'a', secretPath: 'secret/data/x' }]);
      const refusal = await (await stand().createVolume('account', { serviceAccount: 'other' })).publishRefused();
      expect(refusal.providerStatus).toBe('Unauthenticated');
      expect(refusal.message).toContain('service account name not authorized');
    });

    it.for([
      { driver: 'requests tokens for another audience only', audiences: ['somebody-else'] },
      { driver: 'requests no tokens', audiences: [] },
    ])('is refused with the audience by name where the driver $driver', async ({ audiences }) => {
      const name = `audience-${audiences.length}`;
      await stand().putClass(name, [{ objectName: 'a', secretPath: 'secret/data/x' }]);
      const refusal = await (await stand().createVolume(name, { audiences })).publishRefused();
      expect(refusal.providerStatus).toBe('Unauthenticated');
      expect(refusal.message).toContain('"vault"');
      expect(refusal.message).toContain('tokenRequests');
    });

    it('is refused with object and path for a secret that the policy does not cover', async () => {
      await stand().putClass('denied', [{ objectName: 'mine', secretPath: 'sys/mounts', secretKey: 'value' }]);
      const refusal = await (await stand().createVolume('denied')).publishRefused();
      expect(refusal.providerStatus).toBe('PermissionDenied');
      expect(refusal.message).toContain('mine');
      expect(refusal.message).toContain('sys/mounts');
    });

    it('is refused with every missing secret at once, and mounts as soon as they are there', async () => {
      await stand().putClass('absent', [
        { objectName: 'one', secretPath: 'secret/data/absent-1', secretKey: 'value' },
        { objectName: 'two', secretPath: 'secret/data/absent-2', secretKey: 'value' },
      ]);
      const volume = await stand().createVolume('absent');
      const refusal = await volume.publishRefused();
      expect(refusal.providerStatus).toBe('NotFound');
      expect(refusal.message).toContain('secret/data/absent-1');
      expect(refusal.message).toContain('secret/data/absent-2');

      const values = [await stand().putSecret('absent-1'), await stand().putSecret('absent-2')];
      await volume.publish();
      expect([volume.read('one'), volume.read('two')]).toEqual(values);
    });
  });

  describe('when the daemon may request tokens itself', () => {
    it('asks the API server once for a pod without a token, and not at all on a warm mount', async () => {
      const { cluster } = stand().run;
      const before = calls(cluster.auditLog).length;
      await stand().stopProvider(provider);
      provider = await stand().startProvider('--token-request-fallback', '--kubeconfig', cluster.providerKubeconfig);
      const password = await stand().putSecret('fallback');
      await stand().putClass(
        'fallback',
        [{ objectName: 'a', secretPath: 'secret/data/fallback', secretKey: 'value' }],
        {
          audience: 'vault',
        },
      );
      const volume = await stand().createVolume('fallback', { audiences: [] });

      await volume.publish();
      for (let time = 0; time < 5; time++) await volume.publish();

      expect(volume.read('a')).toBe(password);
      expect(calls(cluster.auditLog).slice(before)).toEqual(['/api/v1/namespaces/mount/serviceaccounts/app/token']);
    });
  });
});

/** What daemons have asked the API server so far, in all files of the run. */
function calls(auditLog: string): (string | undefined)[] {
  return readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"username":"lockstep-provider"'))
    .map((line) => /"requestURI":"([^"]*)"/.exec(line)?.[1]);
}
