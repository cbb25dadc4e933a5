import type { Backend, FetchOptions, FetchOutcome } from '../../src/core/backend.ts';
import type { Caller } from '../../src/core/caller.ts';
import { type ErrorCode, SecretError } from '../../src/core/errors.ts';
import type { VaultRef } from '../../src/core/object-ref.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { untilAborted } from '../../src/platform/until-aborted.ts';

/** A call that the fake received. While calls are held it waits for `release`, or for its signal. */
export interface FakeCall {
  readonly refs: readonly VaultRef[];
  readonly caller: Caller;
  readonly signal: AbortSignal;
  release(): void;
}

/** A store that answers what the test says, and remembers who asked. What it answers is settled when it is asked. */
export class FakeBackend implements Backend<VaultRef> {
  readonly kind = 'vault';
  readonly fetches: FakeCall[] = [];
  readonly logins: FakeCall[] = [];
  isClosed = false;
  /** What `fetch` answers for each ref; a throw rejects the whole call. */
  answer: (ref: VaultRef, caller: Caller) => FetchOutcome = () => found({ username: 'alice', password: 's3cr3t' });
  /** What `identify` answers; a throw is a login that failed. */
  scope: (ref: VaultRef, caller: Caller) => 'shared' | 'pod' = () => 'shared';
  /** Whether calls of either kind wait for their release. */
  holds: { readonly fetches?: boolean; readonly logins?: boolean } = {};

  async identify(ref: VaultRef, caller: Caller, { signal }: FetchOptions): Promise<'shared' | 'pod'> {
    const released = record(this.logins, { refs: [ref], caller, signal });
    if (this.holds.logins) await untilAborted(released, signal);
    return this.scope(ref, caller);
  }

  async fetch(refs: readonly VaultRef[], caller: Caller, { signal }: FetchOptions): Promise<readonly FetchOutcome[]> {
    const released = record(this.fetches, { refs, caller, signal });
    const outcomes = refs.map((ref) => this.answer(ref, caller));
    if (this.holds.fetches) await untilAborted(released, signal);
    return outcomes;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

export interface FoundOptions {
  readonly leased?: boolean;
  /** Per-request noise, which the fingerprint leaves out. */
  readonly requestId?: string;
}

/** An answer as KV version 2 gives it. */
export function found(data: Readonly<Record<string, unknown>>, options: FoundOptions = {}): FetchOutcome {
  const { leased = false, requestId = '' } = options;
  const text = JSON.stringify({ request_id: requestId, data: { data, metadata: { version: 1 } } });
  return { status: 'found', payload: SecretBytes.from(text), fingerprint: JSON.stringify(data), leased };
}

export function failed(code: ErrorCode, message = `the fake store says ${code}`): FetchOutcome {
  return { status: 'failed', error: new SecretError(code, message) };
}

/** Throws the error of `failed`: for a login that fails, or a call that cannot be made. */
export function failing(code: ErrorCode): () => never {
  return () => {
    throw new SecretError(code, `the fake store says ${code}`);
  };
}

function record(calls: FakeCall[], call: Omit<FakeCall, 'release'>): Promise<void> {
  const released = Promise.withResolvers<void>();
  calls.push({ ...call, release: released.resolve });
  return released.promise;
}
