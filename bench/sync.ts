/**
 * `npm run bench:sync -- [SYNCS] [NAMESPACES]`: measures the controller of the bundle on a real API server and a real Vault,
 * all on this machine, and writes bench/sync-results.md.
 */
import { cpus } from 'node:os';

import pMap from 'p-map';

import { Tenant } from '../test/e2e/harness/tenant.ts';
import { until } from '../test/e2e/harness/until.ts';
import { type BenchWorld, writeBenchReport } from './bench-world.ts';
import { type BundledController, startBundledController } from './bundled-controller.ts';

const [syncCount = 5000, namespaceCount = 200] = process.argv.slice(2).map(Number);
const secretCount = 100;
const inFlight = 32;
const patient = { timeoutMs: 600_000, intervalMs: 100 };
const reads = 'lockstep_store_requests_total';

await writeBenchReport('bench/sync-results.md', measure);

interface World extends BenchWorld {
  readonly tenants: readonly Tenant[];
}

async function measure(empty: BenchWorld): Promise<string> {
  const world = await populate(empty);
  const startedAt = performance.now();
  await using controller = await startBundledController(world.cluster);
  const { read } = controller;
  await until(async () => (await read('lockstep_sync_ready', 'reason="Synced"')) >= syncCount, {
    ...patient,
    what: 'all to be in sync',
  });
  const firstMs = performance.now() - startedAt;
  const first = { calls: await countCalls(read), reads: await read(reads, 'operation="read"') };
  const logins = await read(reads, 'operation="login"');
  const cpuSeconds = controller.cpuMs() / 1000;

  const changed = await changeValues(world);
  const late = await putLate(world);
  const changeMs = await timeUntilCarried(world, changed);
  const peakMiB = controller.peakRssMiB();
  const writes = await read('lockstep_secret_writes_total');
  return toReport({ firstMs, ...first, logins, cpuSeconds, changed: changed.size, changeMs, late, peakMiB, writes });
}

async function populate(empty: BenchWorld): Promise<World> {
  const { kube, vault } = empty;
  for (let n = 0; n < secretCount; n++) await vault.putSecret(`bench-${n}`, { value: `value-${n}-0` });
  const defaults = { roleName: 'app', vaultAddress: vault.address };
  const tenants = Array.from({ length: namespaceCount }, (_, n) => new Tenant(`bench-${n}`, kube, defaults));
  await pMap(tenants, ({ namespace }) => kube.createNamespace(namespace, ['app']), { concurrency: inFlight });
  const numbers = Array.from({ length: syncCount }, (_, n) => n);
  await pMap(numbers, (n) => tenants[n % namespaceCount]?.putPair(`sync-${n}`, secretOf(n)), { concurrency: inFlight });
  return { ...empty, tenants };
}

/** Every namespace uses as many different ones as it has syncs. */
function secretOf(n: number): string {
  return `bench-${Math.floor(n / namespaceCount + (n % namespaceCount)) % secretCount}`;
}

/** 5 % of the secrets get another value: what every Secret has to carry then, by sync. */
async function changeValues({ vault }: World): Promise<ReadonlyMap<number, string>> {
  const changed = new Set(Array.from({ length: secretCount / 20 }, (_, n) => `bench-${n}`));
  for (const path of changed) await vault.putSecret(path, { value: `${path}-new` });
  const numbers = Array.from({ length: syncCount }, (_, n) => n).filter((n) => changed.has(secretOf(n)));
  return new Map(numbers.map((n) => [n, `${secretOf(n)}-new`]));
}

/** The classes concerned are asked to sync now, as whoever rotates does; milliseconds until the last Secret is right. */
async function timeUntilCarried({ kube, tenants }: World, changed: ReadonlyMap<number, string>): Promise<number> {
  const startedAt = performance.now();
  await pMap(
    changed.keys(),
    async (n) => {
      const namespace = tenants[n % namespaceCount]?.namespace;
      const path = `/apis/lockstep.dev/v1alpha1/namespaces/${namespace}/secretproviderclasssyncs/sync-${n}`;
      await kube.call('PATCH', path, { metadata: { annotations: { 'lockstep.dev/force-sync': 'bench' } } });
    },
    { concurrency: inFlight },
  );
  await pMap(
    changed,
    ([n, value]) =>
      until(async () => (await tenants[n % namespaceCount]?.readSecret(`sync-${n}`))?.data['a'] === value, {
        ...patient,
        what: `Secret sync-${n}`,
      }),
    { concurrency: inFlight },
  );
  return performance.now() - startedAt;
}

/** Milliseconds until a sync that is made now has its Secret. */
async function putLate({ tenants }: World): Promise<number> {
  const startedAt = performance.now();
  const [tenant] = tenants;
  await tenant?.putPair('late', 'bench-0');
  await until(async () => (await tenant?.readSecret('late')) !== undefined, { ...patient, what: 'the new sync' });
  return performance.now() - startedAt;
}

async function countCalls(read: BundledController['read']): Promise<string> {
  const verbs = ['get', 'list', 'watch', 'apply', 'create', 'update', 'patch', 'delete'];
  const counts = await Promise.all(
    verbs.map(async (verb) => [verb, await read('lockstep_kube_requests_total', `verb="${verb}"`)] as const),
  );
  const sum = counts.reduce((total, [, count]) => total + count, 0);
  const each = counts.flatMap(([verb, count]) => (count > 0 ? `${verb} ${count}` : []));
  return `${(sum / syncCount).toFixed(2)} (${each.join(', ')})`;
}

interface Figures {
  readonly firstMs: number;
  readonly calls: string;
  readonly reads: number;
  readonly logins: number;
  readonly cpuSeconds: number;
  readonly changed: number;
  readonly changeMs: number;
  readonly late: number;
  readonly peakMiB: number;
  readonly writes: number;
}

function toReport(figures: Figures): string {
  const { firstMs, calls, reads: readCount, logins, cpuSeconds, changed, changeMs, late, peakMiB, writes } = figures;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return `# The controller's figures

Written by \`npm run bench:sync\` on ${cpus().length} cores, which etcd, the API server, the controller manager and Vault share.
${syncCount} SecretProviderClassSyncs in ${namespaceCount} namespaces, ${secretCount} secrets in one Vault, defaults.

| | | target |
|---|---|---|
| from the start of the process until all are in sync | ${seconds(firstMs)} | |
| the same, syncs per second | ${((syncCount / firstMs) * 1000).toFixed(0)} | ≥ 150 |
| API requests per sync | ${calls} | ≤ 4 |
| reads of the store | ${readCount} | one per secret and identity |
| logins | ${logins} | one per identity |
| CPU time of the controller | ${cpuSeconds.toFixed(1)} s | |
| peak RSS, changes included | ${peakMiB.toFixed(0)} MiB | < 192 MiB |
| 5 % of the values change, ${changed} Secrets, asked for by annotation: until all carry them | ${seconds(changeMs)} | |
| a new sync | ${seconds(late)} | < 5 s |
| Secrets written in all | ${writes} | ${syncCount + changed + 1} |
`;
}
