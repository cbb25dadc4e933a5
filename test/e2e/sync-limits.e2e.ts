import { beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { oneObject, oneSecret, type Tenant } from './harness/tenant.ts';
import { until } from './harness/until.ts';

controllerE2e({ name: 'A sync that Kubernetes does not let', slug: 'sync-limits' }, (stand) => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await stand().startController('--interval=1h');
  });

  it('says at which quota a Secret failed, and goes on when there is room', async () => {
    const tenant = await stand().createTenant('quota');
    const value = await stand().putSecret('quota');
    const quotas = `/api/v1/namespaces/${tenant.namespace}/resourcequotas`;
    await stand().kube.call('POST', quotas, { metadata: { name: 'no-secrets' }, spec: { hard: { secrets: '0' } } });
    const isCounted = async (): Promise<boolean> =>
      JSON.stringify(await stand().kube.call('GET', `${quotas}/no-secrets`)).includes('"used"');
    await until(isCounted, { what: 'the quota to count' });
    await tenant.putPair('quota', 'quota');
    expect((await tenant.reason('quota', 'QuotaExceeded')).message).toContain('no-secrets');
    await stand().kube.remove(`${quotas}/no-secrets`);
    await tenant.value('quota', value, 60_000);
    await tenant.ready('quota');
  });

  it('leaves a namespace that is being deleted alone, and the namespace goes', async () => {
    const tenant = await stand().createTenant('ending');
    const { kube } = stand();
    await stand().putSecret('ending');
    const names = Array.from({ length: 20 }, (_, index) => `ending-${index}`);
    for (const name of names) await tenant.putPair(name, 'ending');
    for (const name of names) await tenant.ready(name);
    const path = `/api/v1/namespaces/${tenant.namespace}`;

    await kube.remove(path);

    await until(async () => (await kube.find(path)) === undefined, { what: 'the namespace to go', timeoutMs: 60_000 });
    expect(controller.log()).not.toContain('"level":"error"');
  });

  describe('by its size', () => {
    it('names the largest keys of a Secret above 1 MiB before it tries', async () => {
      const { tenant, vault } = stand();
      for (const part of ['large-1', 'large-2']) await vault.putSecret(part, { value: 'x'.repeat(600 * 1024) });
      const objects = ['large-1', 'large-2'].flatMap((part) =>
        oneObject(part).map((each) => ({ ...each, objectName: part })),
      );
      await tenant.putClass('large', {
        objects,
        secretObjects: [
          { secretName: 'large', data: objects.map(({ objectName }) => ({ objectName, key: objectName })) },
        ],
      });
      controller.front.forget();
      await tenant.putSync('large');
      const { message } = await tenant.reason('large', 'SecretTooLarge');
      expect(message).toContain('large-1');
      expect(
        controller.front.writes.filter(({ name, resource }) => name === 'large' && resource === 'secrets'),
      ).toEqual([]);
    });

    it('takes one of just 1 MiB', async () => {
      const { tenant, vault } = stand();
      await vault.putSecret('full', { value: 'x'.repeat(1024 * 1024 - 1) });
      await tenant.putPair('full', 'full');
      await tenant.ready('full');
      expect((await tenant.readValue('full'))?.length).toBe(1024 * 1024 - 1);
    });
  });

  describe('because it is immutable', () => {
    async function putImmutable(tenant: Tenant, name: string): Promise<string> {
      const value = await stand().putSecret(name);
      const secretObjects = oneSecret(name).map((each) => ({ ...each, immutable: true }));
      await tenant.putClass(name, { objects: oneObject(name) });
      await tenant.putSync(name, { secretObjects, interval: '1s' });
      await tenant.value(name, value);
      return value;
    }

    it('keeps it as it was, and says what to do when the store has another value', async () => {
      const { tenant } = stand();
      const before = await putImmutable(tenant, 'immutable');
      expect((await tenant.readSecret('immutable'))?.immutable).toBe(true);
      const after = await stand().putSecret('immutable');
      expect((await tenant.reason('immutable', 'SecretImmutable')).message).toContain('delete it');
      expect(await tenant.readValue('immutable')).toBe(before);
      await tenant.kube.remove(tenant.secretPath('immutable'));
      await tenant.value('immutable', after);
    });

    it('does not change the type of a Secret either', async () => {
      const { tenant } = stand();
      await stand().putSecret('typed');
      await tenant.putPair('typed', 'typed');
      await tenant.ready('typed');
      await tenant.patchSync('typed', {
        spec: { secretObjects: [{ ...oneSecret('typed')[0], type: 'example.com/other' }] },
      });
      expect((await tenant.reason('typed', 'SecretImmutable')).message).toContain('example.com/other');
      expect((await tenant.readSecret('typed'))?.type).toBe('Opaque');
    });
  });
});
