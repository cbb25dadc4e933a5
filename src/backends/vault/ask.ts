import type { Caller } from '../../core/caller.ts';
import type { VaultRef } from '../../core/object-ref.ts';

/** One caller asking for one object. */
export interface Ask {
  readonly ref: VaultRef;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}
