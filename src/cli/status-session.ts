import { parseSync } from '../controller/parse-sync.ts';
import type { ApiReader } from '../kube/client/api-client.ts';
import { type KubeObject, resources } from '../kube/objects.ts';
import { listPages } from '../kube/watch/paged-list.ts';
import { createReflector, type Reflector } from '../kube/watch/reflector.ts';
import type { Clock } from '../platform/clock.ts';
import { createLogger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { aborted } from './aborted.ts';
import type { Host } from './host.ts';
import { withCrdRemedy } from './list-all.ts';
import { type StatusEntry, toGone, toStatusEntry } from './status-entry.ts';
import type { StatusPrinter } from './status-printer.ts';

export interface StatusSessionDeps {
  readonly client: Pick<ApiReader, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly host: Pick<Host, 'err' | 'stop' | 'force'>;
  readonly printer: StatusPrinter;
  /** Undefined: all. */
  readonly namespace: string | undefined;
}

/** Prints what there is, and answers it. Throws KUBE_…, and the reason of the host's stop. */
export async function showStatus(deps: StatusSessionDeps): Promise<readonly StatusEntry[]> {
  const entries: StatusEntry[] = [];
  const scope = { resource: resources.syncs, namespace: deps.namespace, labelSelector: undefined, metadataOnly: false };
  try {
    await listPages(deps.client, scope, {
      signal: deps.host.stop,
      onPage: (items) => void entries.push(...items.map(toEntry)),
    });
  } catch (error) {
    throw withCrdRemedy(error);
  }
  deps.printer.all(entries);
  return entries;
}

/** The same, and then every change until the host stops. Answers what was there last. */
export async function watchStatus(deps: StatusSessionDeps): Promise<readonly StatusEntry[]> {
  const { host, printer } = deps;
  let isListed = false;
  // What goes wrong before is thrown.
  const reflector = createWatch(deps, (line) => isListed && host.err(line));
  await reflector.start(host.stop);
  try {
    await reflector.settled(host.stop);
    const problem = reflector.problem(deps.namespace ?? '');
    if (problem) throw withCrdRemedy(problem);
    isListed = true;
    printer.all(entriesOf(reflector));
    reflector.onChange(({ previous, current }) => {
      if (current && !isSame(previous, current)) printer.change(current);
      else if (previous && !current) printer.change(toGone(previous));
    });
    await aborted(host.stop);
    return entriesOf(reflector);
  } finally {
    await reflector.stop(host.force);
  }
}

function createWatch(
  { client, clock, metrics, namespace }: StatusSessionDeps,
  write: (line: string) => void,
): Reflector<StatusEntry> {
  const namespaces = namespace === undefined ? undefined : [namespace];
  const logger = createLogger({ level: 'warn', format: 'text', write });
  const watched = { resource: resources.syncs, namespaces, keep: toEntry };
  return createReflector(watched, { client, clock, logger, metrics, random: Math.random });
}

function toEntry(object: KubeObject): StatusEntry {
  return toStatusEntry(parseSync(object));
}

function entriesOf(reflector: Reflector<StatusEntry>): readonly StatusEntry[] {
  return [...reflector.entries()].map(([, entry]) => entry);
}

/** Labels, managedFields and the like change what is not shown. */
function isSame(previous: StatusEntry | undefined, current: StatusEntry): boolean {
  return JSON.stringify(previous) === JSON.stringify(current);
}
