import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

import { SecretError } from '../../core/errors.ts';
import type { AwsDefaults } from '../../core/store-defaults.ts';
import type { Connections } from './connections.ts';
import type { AwsKeys, Session } from './session.ts';

/** The services as a session sees them. `sts` without one is for logging in with a token, which signs nothing. */
export interface AwsClients {
  secretsManager(session: Session): Pick<SecretsManagerClient, 'send'>;
  ssm(session: Session): Pick<SSMClient, 'send'>;
  sts(region: string, session?: Session): Pick<STSClient, 'send'>;
}

/**
 * Clients of the SDK over our connections. One takes 30 µs and 15 KiB, so each session has its own; it lives as long as the
 * session, and so does what it learns about the clock of AWS. They read neither environment nor shared files, ask no
 * metadata service, and do not retry: all that is ours.
 */
export function createClients(defaults: AwsDefaults, { handler }: Pick<Connections, 'handler'>): AwsClients {
  const secretsManagers = new WeakMap<Session, SecretsManagerClient>();
  const ssms = new WeakMap<Session, SSMClient>();
  const toConfig = (endpoint: string | undefined, region: string, keys: AwsKeys | undefined) => ({
    region,
    requestHandler: handler,
    ...(endpoint !== undefined && { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    // An endpoint that somebody chose is taken as it is.
    useFipsEndpoint: endpoint === undefined && defaults.useFips,
    useDualstackEndpoint: endpoint === undefined && defaults.useDualstack,
    credentials: keys ?? refuse,
    authSchemePreference: [],
    defaultsMode: 'standard' as const,
    retryMode: 'standard',
    maxAttempts: 1,
    userAgentAppId: 'lockstep',
  });
  const { secretsManager, ssm, sts } = defaults.endpoints;
  return {
    secretsManager: (session) =>
      recall(
        secretsManagers,
        session,
        (keys) => new SecretsManagerClient(toConfig(secretsManager, session.region, keys)),
      ),
    ssm: (session) => recall(ssms, session, (keys) => new SSMClient(toConfig(ssm, session.region, keys))),
    sts: (region, session) => new STSClient(toConfig(sts, region, session?.reveal())),
  };
}

function recall<C>(clients: WeakMap<Session, C>, session: Session, create: (keys: AwsKeys) => C): C {
  const known = clients.get(session);
  if (known) return known;
  const client = create(session.reveal());
  clients.set(session, client);
  return client;
}

/** Without this the SDK would look for credentials of the daemon. */
function refuse(): Promise<never> {
  return Promise.reject(new SecretError('INTERNAL', 'a request to AWS was to be signed without credentials'));
}
