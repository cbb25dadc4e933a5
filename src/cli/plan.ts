import { parseClass } from '../controller/classes/parse-class.ts';
import { parseSync } from '../controller/parse-sync.ts';
import { toSource } from '../controller/rollout-source.ts';
import { type PlanConfig, planFlags, readPlanConfig } from '../config/plan-config.ts';
import { SecretError } from '../core/errors.ts';
import type { ApiReader, CallOptions } from '../kube/client/api-client.ts';
import { keyOf, type KubeObject, resources } from '../kube/objects.ts';
import { isFrozen } from '../rollout/workloads/mode-label.ts';
import { type Preview, previewRollout } from '../rollout/preview.ts';
import type { RolloutSpec } from '../rollout/rollout-spec.ts';
import type { Source } from '../rollout/source.ts';
import { type WorkloadKind, workloadResources } from '../rollout/workloads/workload-kind.ts';
import { toWorkload, type Workload } from '../rollout/workloads/workload.ts';
import { alignColumns } from './columns.ts';
import { type Command, defineCommand } from './command.ts';
import { connect } from './connect.ts';
import type { ExitCode, Host } from './host.ts';
import { listAll, withCrdRemedy } from './list-all.ts';
import { type PlanEntry, podsOf, summarizePlan, toPlanEntry } from './plan-entry.ts';

const notes = `What would happen if every value of these SecretProviderClassSyncs changed now: which workloads, in which order, how many pods, and
how long by the rollouts that were measured (a minute each where none was). Reads only: list on secretproviderclasssyncs,
secretproviderclasses, deployments, statefulsets, daemonsets and cronjobs, and get on the namespace (with -A list on namespaces).

Examples:
  lockstep plan db -n shop
  lockstep plan -A -o json | jq '.[] | select(.unhealthy > 0) | .name'`;

/** `lockstep plan`: who would be rolled out. */
export function createPlanCommand(): Command {
  return defineCommand({
    flags: planFlags,
    operands: { name: 'NAME', help: 'SecretProviderClassSyncs; without one all of them', isOptional: true },
    notes,
    read: readPlanConfig,
    run: ({ config, operands }, host) => run(config, operands, host),
  });
}

async function run(config: PlanConfig, names: readonly string[], host: Host): Promise<ExitCode> {
  const cluster = await connect(config);
  const namespace = config.allNamespaces ? undefined : (config.namespace ?? cluster.namespace);
  try {
    const seen = await look(cluster.client, namespace, { signal: host.stop });
    const entries = planAll(seen, names, config);
    print(entries, config.output, host);
    return 0;
  } catch (error) {
    throw withCrdRemedy(error);
  } finally {
    await cluster.client.close();
  }
}

interface Seen {
  readonly sources: readonly Source[];
  readonly frozen: ReadonlySet<string>;
  readonly workloads: readonly Workload[];
  readonly pods: ReadonlyMap<string, number>;
}

async function look(
  client: Pick<ApiReader, 'get' | 'list'>,
  namespace: string | undefined,
  options: CallOptions,
): Promise<Seen> {
  const list = <T>(
    resource: Parameters<typeof listAll>[1]['resource'],
    keep: (object: KubeObject) => T | undefined,
  ): Promise<readonly T[]> => listAll(client, { resource, namespace }, keep, options);
  const syncs = await list(resources.syncs, parseSync);
  const classes = new Map((await list(resources.classes, parseClass)).map((each) => [keyOf(each), each]));
  const pods = new Map<string, number>();
  const workloads: Workload[] = [];
  for (const kind of Object.keys(workloadResources) as readonly WorkloadKind[]) {
    const found = await list(workloadResources[kind], (object) => {
      const workload = toWorkload(kind, object);
      if (workload) pods.set(workload.key, podsOf({ ...object, kind }));
      return workload;
    });
    workloads.push(...found);
  }
  const frozen = await frozenNamespaces(client, namespace, options);
  return { sources: syncs.flatMap((sync) => toSource(sync, classes) ?? []), frozen, workloads, pods };
}

/** Who works in one namespace may mostly read that one, and not list all of them. */
async function frozenNamespaces(
  client: Pick<ApiReader, 'get' | 'list'>,
  namespace: string | undefined,
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const resource = resources.namespaces;
  const keep = ({ metadata }: KubeObject): string | undefined =>
    isFrozen(metadata.labels) ? metadata.name : undefined;
  if (namespace === undefined) return new Set(await listAll(client, { resource, namespace }, keep, options));
  const own = await client.get(resource, { name: namespace }, options);
  const frozen = own && keep(own);
  return new Set(frozen === undefined ? [] : [frozen]);
}

/** Throws CONFIG_INVALID for a name that does not exist. */
function planAll(seen: Seen, names: readonly string[], { reloaderAnnotations }: PlanConfig): readonly PlanEntry[] {
  const missing = names.find((name) => !seen.sources.some((source) => source.name === name));
  if (missing !== undefined) {
    throw new SecretError('CONFIG_INVALID', `there is no SecretProviderClassSync ${missing} that keeps Secrets here`);
  }
  const wanted = seen.sources.filter(({ name }) => names.length === 0 || names.includes(name));
  const sorted = wanted.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return sorted.map((source) => planOne(source, seen, reloaderAnnotations));
}

function planOne(source: Source, { frozen, workloads, pods }: Seen, understandsReloader: boolean): PlanEntry {
  const { namespace, className, secrets, spec, status } = source;
  if (!spec.ok) {
    const obstacle = 'spec.rollout is invalid; its condition RolloutComplete says why';
    return toPlanEntry({ source, mode: 'Off', obstacle, preview: nothing, pods });
  }
  const { mode } = spec.value;
  const isStopped = source.isFrozen || frozen.has(namespace);
  const preview = previewRollout({
    source: { className, secrets, mode, isFrozen: isStopped },
    spec: spec.value,
    status,
    workloads: workloads.filter((workload) => workload.namespace === namespace),
    understandsReloader,
  });
  return toPlanEntry({ source, mode, obstacle: obstacleOf(spec.value, isStopped), preview, pods });
}

const nothing: Preview = { steps: [], concurrency: 0, durationMs: 0 };

function obstacleOf({ approval, windows }: RolloutSpec, isStopped: boolean): string | null {
  if (isStopped) return 'frozen: nothing begins';
  if (approval === 'Manual') return 'waits for approval';
  return windows.length > 0 ? 'waits for a window' : null;
}

function print(entries: readonly PlanEntry[], output: PlanConfig['output'], host: Host): void {
  if (output === 'json') {
    host.out(`${JSON.stringify(entries, undefined, 2)}\n`);
    return;
  }
  for (const entry of entries) {
    host.out(`${summarizePlan(entry)}\n`);
    if (entry.workloads.length === 0) continue;
    const rows = entry.workloads.map(({ kind, name, mode, pods, health, part, secrets }) => [
      `  ${kind}`,
      name,
      mode,
      String(pods),
      health,
      part,
      secrets.join(',') || '-',
    ]);
    host.out(alignColumns([['  KIND', 'NAME', 'MODE', 'PODS', 'HEALTH', 'PART', 'SECRETS'], ...rows]));
  }
  if (entries.length === 0) host.err('there is no SecretProviderClassSync that keeps Secrets here\n');
}
