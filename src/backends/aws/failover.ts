import type { AwsRef, AwsStore } from '../../core/aws-ref.ts';
import type { FetchOutcome } from '../../core/backend.ts';
import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { fallsOver } from './errors.ts';
import type { LoginRequest } from './login.ts';

/** Reads in one region. One outcome per request, in order; never rejects. */
export type ReadRegion<R extends AwsRef> = (
  requests: readonly R['request'][],
  login: LoginRequest,
) => Promise<readonly FetchOutcome[]>;

export interface FailoverOptions {
  /** That of all the objects. */
  readonly store: AwsStore;
  readonly mode: 'lazy' | 'strict';
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/**
 * Reads objects of one store in its region and, where that one fails in a way that another region may not, in the failover
 * region. `strict`. Parity: the official provider always asks both, takes the value of the first one that has it, and fails
 * when either finds the request itself at fault.
 */
export async function readWithFailover<R extends AwsRef>(
  refs: readonly R[],
  read: ReadRegion<R>,
  { store, mode, caller, signal }: FailoverOptions,
): Promise<readonly FetchOutcome[]> {
  const { region, failoverRegion, identity } = store;
  const readIn = (asked: readonly R[], where: string, toRequest: (ref: R) => R['request']) =>
    read(asked.map(toRequest), { region: where, identity, caller, signal });
  const first = readIn(refs, region, (ref) => ref.request);
  if (failoverRegion === undefined) return await first;
  const readThere = (asked: readonly R[]) => readIn(asked, failoverRegion, (ref) => ref.failover ?? ref.request);
  if (mode === 'strict') {
    const [here, there] = await Promise.all([first, readThere(refs)]);
    return here.map((outcome, index) => mergeStrictly(outcome, there[index] ?? outcome));
  }
  const here = await first;
  const missing = refs.filter((_, index) => needsFailover(here[index]));
  if (missing.length === 0 || signal.aborted) return here;
  const there = (await readThere(missing)).values();
  return here.map((outcome) => (needsFailover(outcome) ? merge(outcome, there.next().value ?? outcome) : outcome));
}

function needsFailover(outcome: FetchOutcome | undefined): boolean {
  return outcome?.status === 'failed' && fallsOver(outcome.error);
}

/** When both failed, the first region decides what kind of failure it is: the other one may just not have the object. */
function merge(here: FetchOutcome, there: FetchOutcome): FetchOutcome {
  if (here.status === 'found' || there.status === 'found') return here.status === 'found' ? here : there;
  const { code, message, cause } = here.error;
  const both = `${message}. In the failover region: ${there.error.message}`;
  return { status: 'failed', error: new SecretError(code, both, { cause }) };
}

function mergeStrictly(here: FetchOutcome, there: FetchOutcome): FetchOutcome {
  const final = [here, there].find((outcome) => outcome.status === 'failed' && !fallsOver(outcome.error));
  return final ?? merge(here, there);
}
