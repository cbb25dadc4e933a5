import type { Caller } from '../../core/caller.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AwsClients } from './clients.ts';
import type { RunCall } from './run-call.ts';

/** What every way to log in needs. */
export interface LoginDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly clients: Pick<AwsClients, 'sts'>;
  readonly run: RunCall;
  /** Undefined: nobody gets a token but those who bring one. */
  readonly tokenIssuer: TokenIssuer | undefined;
}

/** One caller who wants to be somebody in a region. */
export interface LoginRequest {
  readonly region: string;
  readonly identity: AwsIdentity;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}
