import { toSecretError } from '../../core/errors.ts';
import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Findings, inspectWorkload } from './inspect-workload.ts';
import type { Source } from '../source.ts';
import type { Workload } from './workload.ts';

export interface InspectWorkloadsDeps {
  readonly client: Pick<ApiReader, 'list'>;
  readonly logger: Logger;
}

/** By key. One that could not be looked at is left out: that it fails is seen later then, by its own status. */
export async function inspectWorkloads(
  workloads: readonly Workload[],
  sources: readonly Source[],
  { client, logger }: InspectWorkloadsDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, Findings>> {
  const found = new Map<string, Findings>();
  for (const workload of workloads) {
    try {
      found.set(workload.key, await inspectWorkload(workload, startOf(workload, sources), client, options));
    } catch (error) {
      options.signal.throwIfAborted();
      const { code, message, cause } = toSecretError(error);
      logger.warn({ code, reason: message, err: cause, workload: workload.key }, 'pods not looked at');
    }
  }
  return found;
}

/** When the rollout began that is in flight, in milliseconds since the epoch. */
function startOf({ key }: Workload, sources: readonly Source[]): number {
  const entries = sources.flatMap(({ status }) => status?.workloads?.filter(({ workload }) => workload === key) ?? []);
  return Math.max(0, ...entries.flatMap(({ rollout }) => (rollout ? [Date.parse(rollout.startedAt)] : [])));
}
