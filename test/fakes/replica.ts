import { it as base } from 'vitest';

import { createElection, type ElectionDeps } from '../../src/kube/election/election.ts';
import { resources } from '../../src/kube/objects.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { FreezingClock } from './freezing-clock.ts';
import { ScriptedKubeWrites } from './scripted-kube-writes.ts';

export const lease = { namespace: 'lockstep', name: 'controller' };

/** One of several processes that elect a leader, with a clock of its own. */
export function createReplica(
  identity: string,
  { client = new ScriptedKubeWrites(), ...deps }: Partial<ElectionDeps> & { readonly client?: ScriptedKubeWrites } = {},
) {
  const clock = new FreezingClock();
  const metrics = createMetrics();
  const log: string[] = [];
  const logger = createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) });
  const election = createElection({ client, clock, logger, metrics, random: () => 0, identity, lease, ...deps });
  const terms: AbortSignal[] = [];
  election.onTerm((term) => terms.push(term));
  const { signal } = new AbortController();
  return {
    election,
    client,
    clock,
    log,
    /** All that were, the last one perhaps still on. */
    terms,
    holds: () => election.holds(),
    leader: async () => (await metrics.leader.get()).values[0]?.value,
    start: () => election.start(signal),
    stop: () => election.stop(signal),
    /** Lines of this level. */
    logged: (level: string) => log.filter((line) => line.includes(`"level":"${level}"`)),
  };
}

export type Replica = ReturnType<typeof createReplica>;

/** Time for several at once. */
export async function passTime(ms: number, replicas: readonly Replica[]): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    for (const { clock } of replicas) await clock.advance(Math.min(500, left));
  }
}

/** The spec of the lease as it stands. */
export function leaseSpec(client: ScriptedKubeWrites): unknown {
  return client.objects.get(`${resources.leases.plural} ${lease.namespace}/${lease.name}`)?.['spec'];
}

/** A test of two that elect one of them: `elect` has `one` lead, and `two` see it. */
export const it = base
  .extend('client', () => new ScriptedKubeWrites())
  .extend('one', ({ client }) => createReplica('one', { client }))
  .extend('two', ({ client }) => createReplica('two', { client }))
  .extend('pass', ({ one, two }) => async (ms: number, replicas: readonly Replica[] = [one, two]): Promise<void> => {
    await passTime(ms, replicas);
  })
  .extend('elect', ({ one, two, pass }) => async (): Promise<void> => {
    await one.start();
    await pass(100, [one]);
    await two.start();
    await pass(100, [two]);
  });
