import type { RoleReader } from '../../core/role-reader.ts';
import type { AwsDefaults } from '../../core/store-defaults.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { createAskAgent } from './agent.ts';
import { type AwsClients, createClients } from './clients.ts';
import { createConnections } from './connections.ts';
import { Credentials } from './credentials.ts';
import { createRunCall, type RunCall } from './run-call.ts';

export interface AwsDeps {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'storeRequests' | 'storeRequestDuration' | 'tokens'>;
  readonly defaults: AwsDefaults;
  /** `--aws-failover`. `strict`: as the official provider does, both regions are asked, and either can fail an object. */
  readonly failover: 'lazy' | 'strict';
  /** `--aws-batch`. */
  readonly batch: 'auto' | 'off';
  /** Without it a manifest has to name the role. */
  readonly roles?: RoleReader;
  /** For callers of kind `service-account`, who bring no token. */
  readonly tokenIssuer?: TokenIssuer;
  /** In [0, 1), for the jitter of retries. */
  readonly random?: () => number;
}

/** What the two stores of AWS share: connections, credentials, and the way in which a call is made. */
export interface AwsAccess extends Pick<AwsDeps, 'clock' | 'failover' | 'batch'> {
  readonly clients: AwsClients;
  readonly credentials: Credentials;
  readonly run: RunCall;
  /** Once for all that use it. */
  close(): void;
}

/** Throws CONFIG_INVALID when the CA bundle cannot be used. */
export function createAwsAccess({
  clock,
  metrics,
  defaults,
  roles,
  tokenIssuer,
  random = Math.random,
  ...modes
}: AwsDeps): AwsAccess {
  const connections = createConnections(defaults);
  const clients = createClients(defaults, connections);
  const run = createRunCall({ clock, metrics, random });
  const askAgent = createAskAgent(defaults.podIdentityAgent);
  const credentials = new Credentials({ clock, metrics, clients, run, askAgent, roles, tokenIssuer });
  return {
    clock,
    ...modes,
    clients,
    credentials,
    run,
    close() {
      credentials.close();
      connections.close();
    },
  };
}
