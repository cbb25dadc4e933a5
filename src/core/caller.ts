import { memoize } from './memoize.ts';
import type { SecretBytes } from './secret-bytes.ts';

/**
 * Who asks. `pod`: a mount, by the identity that the driver handed over. `service-account`: the controller, for an
 * object of a namespace. `operator`: a person at a laptop or in a pipeline (`lockstep mount`), the only caller that
 * may use ambient credentials.
 */
export interface Caller {
  readonly kind: 'pod' | 'service-account' | 'operator';
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Set for `pod` only. */
  readonly pod?: PodName;
  /** Service-account tokens by audience. Reads happen at login only. */
  readonly tokens: ReadonlyMap<string, SecretBytes>;
  /** The Secret of nodePublishSecretRef (or its counterpart), by key. */
  readonly secrets: ReadonlyMap<string, SecretBytes>;
}

export interface PodName {
  readonly name: string;
  readonly uid: string;
}

/** The identity that two callers must share before they may share anything: `namespace/serviceAccount`. */
export const accountKey = memoize((caller: Caller): string =>
  JSON.stringify([caller.kind, caller.namespace, caller.serviceAccount]),
);

/** The narrowest identity: this pod of this account. Never the uid alone, which the sync controller repeats. */
export const podKey = memoize((caller: Caller): string =>
  JSON.stringify([caller.kind, caller.namespace, caller.serviceAccount, caller.pod?.uid ?? '', caller.pod?.name ?? '']),
);
