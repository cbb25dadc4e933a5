import { type AwsRef, awsRequestKey, awsStoreKey } from '../../core/aws-ref.ts';
import type { Backend, FetchOutcome } from '../../core/backend.ts';
import { SecretError } from '../../core/errors.ts';
import type { AwsAccess } from './access.ts';
import { type ReadRegion, readWithFailover } from './failover.ts';

/** One store of AWS behind the port. The same object is asked once per fetch. */
export function createBackend<R extends AwsRef>(
  kind: R['kind'],
  { credentials, failover: mode, close }: AwsAccess,
  read: ReadRegion<R>,
): Backend<R> {
  return {
    kind,
    async identify({ store }, caller, { signal }) {
      signal.throwIfAborted();
      return await credentials.scopeOf(store, caller, signal);
    },
    async fetch(refs, caller, { signal }) {
      signal.throwIfAborted();
      const outcomes = new Map<string, FetchOutcome>();
      const readStore = async (group: Group<R>): Promise<void> => {
        const [first, ...rest] = group.refs.values();
        if (first === undefined) return;
        const found = await readWithFailover([first, ...rest], read, { mode, caller, signal });
        for (const [index, key] of [...group.refs.keys()].entries()) setIfDefined(outcomes, key, found[index]);
      };
      await Promise.all(groupByStore(refs).map(readStore));
      return refs.map((ref) => outcomes.get(keyOf(ref)) ?? unanswered());
    },
    close() {
      close();
      return Promise.resolve();
    },
  };
}
