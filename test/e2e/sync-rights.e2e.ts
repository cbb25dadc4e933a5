import { beforeAll, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { LimitedRights, type Right } from './harness/limited-rights.ts';
import type { Tenant } from './harness/tenant.ts';
import { soon } from './harness/until.ts';

/** Each is missing in a namespace of its own. */
const missing: readonly (Right & { readonly reason: string })[] = [
  { verb: 'list', resource: 'secrets', reason: 'KubeForbidden' },
  { verb: 'get', resource: 'secrets', reason: 'KubeForbidden' },
  { verb: 'create', resource: 'secrets', reason: 'KubeForbidden' },
  { verb: 'patch', resource: 'secrets', reason: 'KubeForbidden' },
  { verb: 'list', resource: 'secretproviderclasses', reason: 'KubeForbidden' },
  { verb: 'create', resource: 'serviceaccounts/token', reason: 'TokenRequestFailed' },
];
const status: Right = { verb: 'patch', resource: 'secretproviderclasssyncs/status' };

const suffixOf = ({ verb, resource }: Right): string => `no-${verb}-${resource.replaceAll(/[^a-z]/g, '-')}`;
const grant = [...missing, status].map(suffixOf);

controllerE2e({ name: 'Where a right is missing in one namespace', slug: 'rights', grant }, (stand) => {
  let controller: Controller;
  let value: string;
  const tenantOf = (right: Right): Tenant => stand().tenantOf(`${stand().tenant.namespace}-${suffixOf(right)}`);
  const rightsIn = ({ namespace }: Tenant): LimitedRights => new LimitedRights(stand().kube, stand().system, namespace);

  beforeAll(async () => {
    const { tenant } = stand();
    value = await stand().putSecret('rights');
    const tenants = [...missing, status].map((right) => [right, tenantOf(right)] as const);
    for (const [right, each] of tenants) {
      await rightsIn(each).without(right);
      await each.putPair('rights', 'rights');
    }
    await tenant.putPair('rights', 'rights');
    const namespaces = [tenant, ...tenants.map(([, each]) => each)].map(({ namespace }) => namespace);
    controller = await stand().startController(`--namespaces=${namespaces.join(',')}`, '--interval=1h');
  });

  it.for(missing)('the condition there names $verb on $resource', async ({ reason, ...right }) => {
    const tenant = tenantOf(right);
    const { message } = await tenant.reason('rights', reason);
    expect(message).toContain(right.verb);
    expect(message).toContain(right.resource);
    expect(message).toContain(tenant.namespace);
    expect(await tenant.readSecret('rights')).toBeUndefined();
  });

  it('the log names what not even a condition can tell', async () => {
    const { namespace } = tenantOf(status);
    const warnings = (): readonly string[] =>
      controller
        .log()
        .split('\n')
        .filter((line) => line.includes('"level":"warn"') && line.includes(namespace));
    await expect.poll(() => warnings().join('\n'), soon).toContain(`${status.verb} resource \\"${status.resource}\\"`);
  });

  it('the other namespaces go on', async () => {
    await stand().tenant.ready('rights');
    expect(await stand().tenant.readValue('rights')).toBe(value);
  });

  it('everything goes on by itself when it is granted', async () => {
    const tenants = [...missing, status].map(tenantOf);
    for (const tenant of tenants) await rightsIn(tenant).whole();
    await Promise.all(tenants.map(async (tenant) => await tenant.ready('rights', 100_000)));
    for (const tenant of tenants) expect(await tenant.readValue('rights')).toBe(value);
  });
});
