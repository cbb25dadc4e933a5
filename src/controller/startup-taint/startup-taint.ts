import { SecretError } from '../../core/errors.ts';
import type { ApiClient } from '../../kube/client/api-client.ts';
import type { Election } from '../../kube/election/election.ts';
import { resources } from '../../kube/objects.ts';
import { createReflector, type Reflector, type ReflectorDeps } from '../../kube/watch/reflector.ts';
import { ReflectorGroup } from '../../kube/watch/reflector-group.ts';
import type { Component } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { Backoffs } from '../queue/backoff.ts';
import { WorkQueue } from '../queue/queue.ts';
import { createWorkers, type Next, type Work } from '../queue/workers.ts';
import { CommonHindrance } from './common-hindrance.ts';
import { toReadyNode } from './ready-node.ts';
import { type TaintedNode, toTaintedNode } from './tainted-node.ts';

export interface StartupTaintDeps extends ReflectorDeps {
  /** Fenced: it writes only while this replica leads. */
  readonly client: ApiClient;
  readonly election: Pick<Election, 'holds' | 'onTerm'>;
  readonly metrics: Metrics;
  readonly options: StartupTaintOptions;
}

export interface StartupTaintOptions {
  /** Of the taint, whatever its value and effect. */
  readonly key: string;
  /** Where the provider's pods are. */
  readonly namespace: string;
  /** Their labels. */
  readonly providerSelector: string;
}

/** Patches under way at a time: a node that hangs holds up no other. */
const workerCount = 4;

/**
 * Removes a taint from every node that carries it and has a ready pod of the provider: with it nodes are registered, so that
 * no pod starts there before its mounts can succeed. Never adds one, nor touches another. Has watches and workers of its own:
 * nothing that goes wrong with nodes concerns the syncs, nor whether the controller is ready. Components in the order of
 * starting.
 */
export function createStartupTaint(deps: StartupTaintDeps): readonly Component[] {
  const { election, clock, metrics, random, options } = deps;
  const tainted = createReflector(
    { resource: resources.nodes, keep: (node) => toTaintedNode(node, options.key) },
    deps,
  );
  const { namespace, providerSelector: labelSelector } = options;
  const providers = createReflector(
    { resource: resources.pods, namespaces: [namespace], labelSelector, keep: toReadyNode },
    deps,
  );
  const isServed = countByNode(providers);
  const queue = new WorkQueue({ clock, metrics });
  const backoffs = new Backoffs(random);
  const work = createWork({ ...deps, tainted, isServed, backoffs });
  const workers = createWorkers({ ...deps, queue, backoffs, count: workerCount, work });

  const look = (node: string): void => {
    if (!election.holds() || !isServed(node) || tainted.get(node) === undefined) return;
    queue.add(node, { rank: 'urgent', reason: 'node' });
  };
  tainted.onChange(({ key }) => look(key));
  providers.onChange(({ current }) => {
    if (current !== undefined) look(current);
  });
  election.onTerm((term) => {
    for (const [node] of tainted.entries()) look(node);
    void workers.run(term).then(() => queue.clear());
  });
  const group = new ReflectorGroup('watches of nodes', [tainted, providers]);
  return [group, { ...workers, name: 'workers of nodes' }];
}

/** Whether a node has a ready provider: of two for a moment, while one takes the place of the other. */
function countByNode(providers: Reflector<string>): (node: string) => boolean {
  const counts = new Map<string, number>();
  const count = (node: string | undefined, change: number): void => {
    if (node === undefined) return;
    const sum = (counts.get(node) ?? 0) + change;
    if (sum > 0) counts.set(node, sum);
    else counts.delete(node);
  };
  providers.onChange(({ previous, current }) => {
    count(previous, -1);
    count(current, +1);
  });
  return (node) => counts.has(node);
}

interface WorkDeps extends Pick<StartupTaintDeps, 'client' | 'logger' | 'metrics' | 'clock' | 'random' | 'options'> {
  readonly tainted: Pick<Reflector<TaintedNode>, 'get'>;
  readonly isServed: (node: string) => boolean;
  readonly backoffs: Pick<Backoffs, 'failed'>;
}

const done: Next = { kind: 'done' };

/** Looks at one node as the watches show it now. */
function createWork(deps: WorkDeps): Work {
  const { client, logger, metrics, options, tainted, isServed, backoffs } = deps;
  const hindrance = new CommonHindrance(deps);
  const again = (delayMs: number): Next => ({ kind: 'again', rank: 'retry', delayMs });

  return async ({ key: node }, signal) => {
    const current = tainted.get(node);
    if (!current || !isServed(node)) return done;
    if (hindrance.pauseMs > 0) return again(hindrance.pauseMs);
    const { resourceVersion, others } = current;
    // A list of taints is merged as a whole: with the version, nobody's change in between is lost.
    const patch = { metadata: { resourceVersion }, spec: { taints: others } };
    try {
      await client.patch(resources.nodes, { name: node }, patch, { signal });
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      // Both are known when the watch shows them: another version, or none.
      if (error.code === 'KUBE_CONFLICT' || error.code === 'KUBE_NOT_FOUND') return again(backoffs.failed(node));
      if (hindrance.takes(error)) return again(hindrance.pauseMs);
      throw error;
    }
    hindrance.passed();
    metrics.startupTaintsRemoved.inc();
    logger.info({ node, taint: options.key }, 'startup taint removed');
    return done;
  };
}
