/**
 * `npm run bench:rollouts -- [WORKLOADS] [WATCHED]`: measures rollouts by the controller of the bundle on a real API server,
 * controller-manager and Vault, all on this machine, and writes bench/rollouts-results.md.
 */
import { cpus } from 'node:os';

import pMap from 'p-map';

import type { KubeApi, KubeObject } from '../test/e2e/harness/kube-api.ts';
import { Tenant } from '../test/e2e/harness/tenant.ts';
import { until } from '../test/e2e/harness/until.ts';
import { type BenchWorld, writeBenchReport } from './bench-world.ts';
import { type BundledController, startBundledController } from './bundled-controller.ts';

const [workloadCount = 1000, watchedCount = 5000] = process.argv.slice(2).map(Number);
const namespaceCount = 50;
const inFlight = 32;
const patient = { timeoutMs: 600_000 };
const flags = ['--rollouts', `--rollout-max-concurrent=${Math.min(workloadCount, 1000)}`];

await writeBenchReport('bench/rollouts-results.md', measure);

/** Milliseconds from the value at the store to the templates. */
interface Figures {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly patches: number;
  readonly statusWrites: number;
}

async function measure(world: BenchWorld): Promise<string> {
  const { cluster, kube } = world;
  const one = await populate(world, 'one', 1);
  const many = await populate(world, 'many', workloadCount);
  await using controller = await startBundledController({ kubeconfig: cluster.kubeconfig, flags });
  await until(async () => (await controller.read('lockstep_rollout_workloads', 'Updated')) >= workloadCount + 1, {
    ...patient,
    what: 'all workloads to be known',
  });
  // Whoever is in the middle of another change would be waited for.
  const atRest = { ...patient, what: 'workloads at rest', intervalMs: 2000 };
  for (const { namespace } of [one, many]) await until(async () => (await countBusy(kube, namespace)) === 0, atRest);
  const first = await rollOut(one, world, controller, 1);
  const all = await rollOut(many, world, controller, workloadCount);
  const before = controller.rssMiB();
  await populateOthers(world);
  await until(async () => (await controller.read('lockstep_rollout_workloads')) >= watchedCount, {
    ...patient,
    what: 'all workloads to be watched',
  });
  return toReport({ first, all, before, after: controller.rssMiB(), peak: controller.peakRssMiB() });
}

/** A namespace with one secret, and workloads that use it. They have no pods: what pods take is not what is measured. */
async function populate({ kube, vault }: BenchWorld, namespace: string, count: number): Promise<Tenant> {
  const tenant = new Tenant(namespace, kube, { roleName: 'app', vaultAddress: vault.address });
  await kube.createNamespace(namespace, ['app']);
  await vault.putSecret(namespace, { value: 'old' });
  const rollout = { mode: 'Restart', canary: { count: 0 }, maxConcurrent: '100%' };
  await tenant.putPair('db', namespace, { rollout });
  const names = Array.from({ length: count }, (_, n) => `web-${n}`);
  await pMap(names, (name) => putDeployment(kube, namespace, name), { concurrency: inFlight });
  return tenant;
}

/** Until as many workloads are watched as are asked for. */
async function populateOthers(world: BenchWorld): Promise<void> {
  const left = Math.max(0, watchedCount - workloadCount - 1);
  const each = Math.ceil(left / namespaceCount);
  for (let n = 0; n < namespaceCount; n++) await populate(world, `other-${n}`, each);
}

async function putDeployment(kube: KubeApi, namespace: string, name: string): Promise<void> {
  const labels = { app: name };
  const variables = Array.from({ length: 20 }, (_, n) => ({ name: `SETTING_${n}`, value: `value ${n}` }));
  const container = {
    name: 'web',
    image: 'registry.example/web:1',
    env: [...variables, { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'a' } } }],
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  await kube.call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
}

/** Changes the value, asks for it as whoever rotates does, and waits for the templates. */
async function rollOut(
  { namespace }: Tenant,
  { kube, vault }: BenchWorld,
  { read }: BundledController,
  count: number,
): Promise<Figures> {
  const patches = await read('lockstep_rollout_patches_total', 'result="ok"');
  const statuses = await read('lockstep_kube_requests_total', 'secretproviderclasssyncs/status');
  await vault.putSecret(namespace, { value: 'new' });
  const startedAt = performance.now();
  const path = `/apis/lockstep.dev/v1alpha1/namespaces/${namespace}/secretproviderclasssyncs/db`;
  await kube.call('PATCH', path, { metadata: { annotations: { 'lockstep.dev/force-sync': 'bench' } } });
  const sent = async (): Promise<number> => (await read('lockstep_rollout_patches_total', 'result="ok"')) - patches;
  await until(async () => (await sent()) > 0, { ...patient, what: 'the first patch' });
  const firstMs = performance.now() - startedAt;
  await until(async () => (await sent()) >= count, { ...patient, what: 'the last patch' });
  const lastMs = performance.now() - startedAt;
  const stamped = await countStamped(kube, namespace);
  if (stamped !== count) throw new Error(`${stamped} of ${count} templates have the new content`);
  return {
    firstMs,
    lastMs,
    patches: await sent(),
    statusWrites: (await read('lockstep_kube_requests_total', 'secretproviderclasssyncs/status')) - statuses,
  };
}

/** Deployments that their own controller has yet to look at. */
async function countBusy(kube: KubeApi, namespace: string): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const { items } = await kube.call<{ readonly items: readonly KubeObject[] }>('GET', path);
  return items.filter(({ status }) => (status as { readonly observedGeneration?: number }).observedGeneration !== 1)
    .length;
}

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

async function countStamped(kube: KubeApi, namespace: string): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const { items } = await kube.call<{ readonly items: readonly KubeObject[] }>('GET', path);
  return items.filter(({ spec }) => {
    const { template } = spec as { readonly template: Template };
    return template.metadata?.annotations?.['lockstep.dev/secret-hashes'] !== undefined;
  }).length;
}

interface Report {
  readonly first: Figures;
  readonly all: Figures;
  readonly before: number;
  readonly after: number;
  readonly peak: number;
}

function toReport({ first, all, before, after, peak }: Report): string {
  const row = (count: number, { firstMs, lastMs, patches, statusWrites }: Figures): string =>
    `| ${count} | ${seconds(firstMs)} | ${seconds(lastMs)} | ${patches} | ${statusWrites} |`;
  return `# Rollouts

\`npm run bench:rollouts\` on ${cpus().length} cores, with API server, controller-manager, Vault and controller on the same machine; mode Restart,
everything at once (\`maxConcurrent: 100%\`, no canary). From the new value at the store to the patched templates, of which
5 s are the time for which a change must have settled.

| workloads | first template | last template | patches | writes of status |
|---|---|---|---|---|
${row(1, first)}
${row(workloadCount, all)}

Memory of the controller (RSS): ${before.toFixed(0)} MiB with ${workloadCount + 1} workloads watched, ${after.toFixed(0)} MiB with ${watchedCount}; at most ${peak.toFixed(0)} MiB.
`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
