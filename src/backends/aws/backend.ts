import { type AwsRef, awsRequestKey, awsStoreKey } from '../../core/aws-ref.ts';
import type { Backend, FetchOutcome } from '../../core/backend.ts';
import { SecretError } from '../../core/errors.ts';
import type { AwsAccess } from './access.ts';
import { type ReadRegion, readWithFailover } from './failover.ts';

/** One store of AWS behind the port. What is asked twice in one fetch is read once. */
export function createBackend<R extends AwsRef>(kind: R['kind'], access: AwsAccess, read: ReadRegion<R>): Backend<R> {
  const { credentials, failover: mode } = access;
  return {
    kind,
    async identify({ store }, caller, { signal }) {
      signal.throwIfAborted();
      return await credentials.scopeOf(store, caller, signal);
    },
    async fetch(refs, caller, { signal }) {
      signal.throwIfAborted();
      const outcomes = new Map<string, FetchOutcome>();
      const readStore = async (group: readonly R[]): Promise<void> => {
        const [first] = group;
        if (first === undefined) return;
        const found = await readWithFailover(group, read, { store: first.store, mode, caller, signal });
        for (const [index, ref] of group.entries()) outcomes.set(keyOf(ref), found[index] ?? unanswered());
      };
      const distinct = new Map(refs.map((ref) => [keyOf(ref), ref])).values();
      await Promise.all(Map.groupBy(distinct, awsStoreKey).values().map(readStore));
      return refs.map((ref) => outcomes.get(keyOf(ref)) ?? unanswered());
    },
    close() {
      access.close();
      return Promise.resolve();
    },
  };
}

function keyOf(ref: AwsRef): string {
  return awsStoreKey(ref) + awsRequestKey(ref);
}

/** What stands where an answer is missing, which would be a mistake of ours. */
export function unanswered(): FetchOutcome {
  return { status: 'failed', error: new SecretError('INTERNAL', 'an AWS object was left out of the reads') };
}
