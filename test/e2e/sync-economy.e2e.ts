import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import type { FrontRecord } from './harness/kube-front.ts';
import type { Tenant } from './harness/tenant.ts';
import { until } from './harness/until.ts';

const namespaces = 10;
const perNamespace = 100;
const names = Array.from({ length: perNamespace }, (_, index) => `sync-${index}`);
const count = namespaces * perNamespace;
const rounds = 10;

controllerE2e({ name: 'A thousand syncs cost little', slug: 'sync-economy' }, (stand) => {
  let controller: Controller;
  const tenants: Tenant[] = [];
  beforeAll(async () => {
    await stand().putSecret('shared');
    for (let index = 0; index < namespaces; index++) tenants.push(await stand().createTenant(String(index)));
    controller = await stand().startController('--interval=2s');
  });

  async function createAll(tenant: Tenant): Promise<void> {
    for (const name of names) await tenant.putPair(name, 'shared');
  }

  const syncs = async (outcome: string): Promise<number> =>
    (await controller.metric('lockstep_sync_duration_seconds_count', `outcome="${outcome}"`)) ?? 0;

  it('a new one takes at most four requests to the API server, and a store is read once for each identity', async () => {
    const { front } = controller;
    stand().proxy.forget();
    front.forget();
    await Promise.all(tenants.map(createAll));
    await until(async () => (await controller.metric('lockstep_sync_ready', 'reason="Synced"')) === count, {
      what: 'all to be ready',
      timeoutMs: 60_000,
    });
    const requests = front.records.filter(isAsked);
    expect(requests.length / count).toBeLessThanOrEqual(4);
    expect(front.records.filter(({ resource }) => resource === 'serviceaccounts/token')).toHaveLength(namespaces);
    expect(stand().proxy.logins).toHaveLength(namespaces);
  });

  it('ten refreshes of each, with nothing new, write nothing but the Lease', async () => {
    const { front } = controller;
    // What the last status and event of the first sync cost is over.
    const settled = await syncs('ok');
    await until(async () => (await syncs('ok')) >= settled + 2 * count, { what: 'two rounds' });
    front.forget();
    const start = await syncs('ok');

    await until(async () => (await syncs('ok')) >= start + rounds * count, { what: 'ten rounds', timeoutMs: 60_000 });

    expect(front.writes).toEqual([]);
    // Nor is anything read: the watches say it all.
    expect(front.records.filter(isAsked)).toEqual([]);
    expect(front.records.some(({ resource }) => resource === 'leases')).toBe(true);
    expect(await controller.metric('lockstep_sync_ready', 'reason="Synced"')).toBe(count);
  });
});

/** What is asked for an object: no watch, no list, no Lease. */
function isAsked({ verb, resource }: FrontRecord): boolean {
  return verb !== 'watch' && verb !== 'list' && resource !== 'leases';
}
