import { beforeAll, describe, expect, it } from 'vitest';

import type { Controller } from './harness/controller.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { oneObject, oneSecret } from './harness/tenant.ts';
import type { ClassOptions, SyncOptions } from './harness/tenant-objects.ts';
import { until } from './harness/until.ts';

controllerE2e({ name: 'A sync says how it is', slug: 'sync-status' }, (stand) => {
  let controller: Controller;
  beforeAll(async () => {
    await stand().putSecret('first');
    controller = await stand().startController('--interval=1h', '--per-object-metrics');
  });

  describe('refuses, and says why and what to do', () => {
    interface Refused {
      readonly reason: string;
      readonly says: string;
      readonly class?: ClassOptions;
      readonly sync?: SyncOptions;
    }
    const good: ClassOptions = { objects: oneObject('first'), secretObjects: oneSecret('refused') };

    it.for<Refused>([
      { reason: 'ClassNotFound', says: 'nowhere', sync: { secretProviderClassName: 'nowhere' } },
      { reason: 'ClassNotEnabled', says: 'lockstep.dev/sync=true', class: { ...good, labels: {} } },
      { reason: 'ManifestInvalid', says: 'secretPath', class: { ...good, parameters: { objects: '- objectName: a' } } },
      { reason: 'ManifestInvalid', says: 'vault', class: { ...good, provider: 'azure' } },
      { reason: 'VaultLoginRefused', says: 'app', class: good, sync: { serviceAccountName: 'other' } },
      { reason: 'VaultNotFound', says: 'secret/data/nothing', class: { ...good, objects: oneObject('nothing') } },
      {
        reason: 'VaultDenied',
        says: 'sys/policy',
        class: { ...good, objects: [{ objectName: 'a', secretPath: 'sys/policy' }] },
      },
      { reason: 'AudienceForbidden', says: '--audiences', class: { ...good, parameters: { audience: 'elsewhere' } } },
      { reason: 'SyncInvalid', says: 'secretObjects', class: { objects: oneObject('first') } },
      {
        reason: 'SecretInvalid',
        says: 'missing',
        class: { ...good, secretObjects: [{ secretName: 'refused', data: [{ objectName: 'missing', key: 'a' }] }] },
      },
    ])('$reason: $says', async ({ reason, says, class: options, sync }) => {
      const { tenant } = stand();
      const name = `refused-${reason}-${says}`
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .slice(0, 60)
        .replace(/-$/, '');
      if (options !== undefined) await tenant.putClass(name, options);
      await tenant.putSync(name, sync);

      const { message, status } = await tenant.reason(name, reason);

      expect(status).toBe('False');
      expect(message).toContain(says);
      expect(await tenant.readSecret('refused')).toBeUndefined();
      const event = await tenant.untilEvent(name, 'SyncFailed');
      expect(event).toMatchObject({ type: 'Warning', note: message });
    });
  });

  describe('with kubectl and the API server', () => {
    it.for<{ what: string; spec: Readonly<Record<string, unknown>>; says: string }>([
      { what: 'no class', spec: { secretProviderClassName: '' }, says: 'secretProviderClassName' },
      { what: 'no service account', spec: { serviceAccountName: '' }, says: 'serviceAccountName' },
      { what: 'an interval that is none', spec: { interval: 'often' }, says: 'interval' },
      { what: 'an interval below a second', spec: { interval: '10ms' }, says: 'interval' },
      { what: 'an unknown mode', spec: { mode: 'Merge' }, says: 'mode' },
      { what: 'an unknown adoption policy', spec: { adoptionPolicy: 'Maybe' }, says: 'adoptionPolicy' },
      { what: 'a Secret without a name', spec: { secretObjects: [{ type: 'Opaque' }] }, says: 'secretName' },
      {
        what: 'two Secrets of one name',
        spec: { secretObjects: [...oneSecret('a'), ...oneSecret('a')] },
        says: 'secretObjects',
      },
      {
        what: 'a token of the cluster',
        spec: { secretObjects: [{ secretName: 'a', type: 'kubernetes.io/service-account-token' }] },
        says: 'type',
      },
    ])('$what is refused on the spot', async ({ spec, says }) => {
      const refused = stand().tenant.putSync('crooked', spec);
      await expect(refused).rejects.toThrow(/ (400|422) /);
      await expect(refused).rejects.toThrow(says);
    });
  });

  describe('as a command', () => {
    it('is a table, JSON, and an exit code', async () => {
      const { tenant } = stand();
      const calm = await stand().createTenant('calm');
      await calm.putPair('good', 'first');
      await calm.ready('good');
      const namespace = `--namespace=${calm.namespace}`;

      const good = await stand().lockstep('status', namespace, '--exit-code');
      expect(good.code).toBe(0);
      expect(good.output).toMatch(/NAME.*READY.*REASON/);
      expect(good.output).toMatch(/good +True +Synced/);

      await calm.putPair('bad', 'nothing');
      await calm.reason('bad', 'VaultNotFound');
      const bad = await stand().lockstep('status', namespace, '--exit-code');
      expect(bad.code).toBe(1);
      expect(bad.output).toMatch(/bad +False +VaultNotFound/);
      expect(await stand().lockstep('status', namespace)).toMatchObject({ code: 0 });

      const json = await stand().lockstep('status', namespace, '--output=json');
      expect(json.output).toContain('VaultNotFound');
      expect(() => JSON.parse(json.output) as unknown).not.toThrow();
      const all = await stand().lockstep('status', '--all-namespaces');
      expect(all.output).toContain(tenant.namespace);
    });
  });

  describe('in metrics', () => {
    it('has series of its own, which go with it', async () => {
      const { tenant } = stand();
      const series = (name: string) => controller.metric(name, `namespace="${tenant.namespace}"`, 'name="counted"');
      await tenant.putPair('counted', 'first');
      await tenant.ready('counted');
      await until(async () => (await series('lockstep_sync_ready')) === 1, { what: 'the series to be 1' });
      const last = (await series('lockstep_sync_last_success_timestamp_seconds')) ?? 0;
      expect(Math.abs(last - Date.now() / 1000)).toBeLessThan(60);

      await tenant.putPair('counted', 'nothing');
      await tenant.reason('counted', 'VaultNotFound');
      await until(async () => (await series('lockstep_sync_ready')) === 0, { what: 'the series to be 0' });

      await tenant.kube.remove(tenant.syncPath('counted'));
      await until(async () => (await series('lockstep_sync_ready')) === undefined, { what: 'the series to go' });
      expect(await series('lockstep_sync_last_success_timestamp_seconds')).toBeUndefined();
    });

    it('shows who leads, how long the queue is and how silent the watches are', async () => {
      expect(await controller.metric('lockstep_leader')).toBe(1);
      expect(await controller.metric('lockstep_queue_depth', 'rank="first"')).toBe(0);
      const silence = await controller.metric('lockstep_watch_silence_seconds', 'resource="secretproviderclasssyncs"');
      expect(silence).toBeLessThan(60);
      expect(await controller.metric('lockstep_kube_requests_total', 'verb="apply"', 'result="ok"')).toBeGreaterThan(0);
      expect(await controller.metric('lockstep_secret_writes_total', 'reason="created"')).toBeGreaterThan(0);
    });
  });
});
