import { type AwsDeps, createAwsAccess } from '../../src/backends/aws/access.ts';
import { createParameterStoreBackend } from '../../src/backends/aws/parameter-store.ts';
import { createSecretsManagerBackend } from '../../src/backends/aws/secrets-manager.ts';
import {
  type AwsIdentity,
  type AwsParameterRef,
  type AwsParameterRequest,
  type AwsRef,
  type AwsSecretRef,
  type AwsSecretRequest,
  type AwsStore,
  irsaAudience,
  podIdentityAudience,
} from '../../src/core/aws-ref.ts';
import type { FetchOutcome } from '../../src/core/backend.ts';
import type { Caller } from '../../src/core/caller.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import type { AwsDefaults } from '../../src/core/store-defaults.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import type { FakeAws } from './aws-server.ts';
import { FakeClock } from './clock.ts';

export const roleArn = 'arn:aws:iam::123456789012:role/app';
export const irsa: AwsIdentity = { kind: 'irsa', roleArn, audience: irsaAudience };
export const podIdentity: AwsIdentity = { kind: 'pod-identity', addressType: 'ipv4', audience: podIdentityAudience };

const region = 'us-east-1';

export function secretRef(request: AwsSecretRequest, store: Partial<AwsStore> = {}): AwsSecretRef {
  return { kind: 'aws-secret', store: { region, identity: irsa, ...store }, request };
}

export function secretRefs(names: readonly string[], store?: Partial<AwsStore>): readonly AwsSecretRef[] {
  return names.map((secretId) => secretRef({ secretId }, store));
}

export function parameterRef(request: AwsParameterRequest, store: Partial<AwsStore> = {}): AwsParameterRef {
  return { kind: 'aws-parameter', store: { region, identity: irsa, ...store }, request };
}

/** A pod of the service account `shop/app` with tokens for both ways in. */
export function awsPod(name: string, more: Partial<Caller> = {}): Caller {
  const token = (kind: string) => SecretBytes.from(`${kind}-token-of-${name}`);
  return {
    kind: 'pod',
    namespace: 'shop',
    serviceAccount: 'app',
    pod: { name, uid: `uid-of-${name}` },
    tokens: new Map([
      [irsaAudience, token('irsa')],
      [podIdentityAudience, token('agent')],
    ]),
    secrets: new Map(),
    ...more,
  };
}

/** Time that jumps over every pause. */
export class JumpingClock extends FakeClock {
  readonly pauses: number[] = [];

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pauses.push(ms);
    await this.advance(ms);
    signal?.throwIfAborted();
  }
}

/** Everything at the fake. */
export function defaultsOf({ address, server }: FakeAws): AwsDefaults {
  return {
    endpoints: { secretsManager: address, ssm: address, sts: address },
    useFips: false,
    useDualstack: false,
    proxy: {},
    podIdentityAgent: { ipv4: '127.0.0.1', ipv6: '::1', port: server.port },
  };
}

/** Both backends with fake time. */
export function createAwsUnderTest(aws: FakeAws, deps: Partial<AwsDeps> = {}) {
  const clock = deps.clock ?? new JumpingClock();
  const metrics = createMetrics();
  const defaults = defaultsOf(aws);
  const access = createAwsAccess({
    metrics,
    defaults,
    failover: 'lazy',
    batch: 'off',
    random: () => 0,
    ...deps,
    clock,
  });
  const secrets = createSecretsManagerBackend(access);
  const parameters = createParameterStoreBackend(access);
  const { signal } = new AbortController();
  const fetch = (refs: readonly AwsRef[], caller: Caller): Promise<readonly FetchOutcome[]> => {
    const [secretRefs, parameterRefs] = [refs.filter(isSecret), refs.filter(isParameter)];
    return secretRefs.length > 0
      ? secrets.fetch(secretRefs, caller, { signal })
      : parameters.fetch(parameterRefs, caller, { signal });
  };
  return {
    access,
    clock,
    metrics,
    secrets,
    parameters,
    signal,
    fetchAll: async (refs: readonly AwsRef[], caller: Caller) => (await fetch(refs, caller)).map(tell),
    fetch: async (ref: AwsRef, caller: Caller): Promise<Told> => tell((await fetch([ref], caller))[0]),
    async [Symbol.asyncDispose]() {
      await secrets.close();
      await parameters.close();
    },
  };
}

/** An outcome in words. */
export interface Told {
  readonly value?: string;
  readonly version?: string | undefined;
  readonly code?: string;
  readonly message?: string;
}

export function tell(outcome: FetchOutcome | undefined): Told {
  if (outcome === undefined) return {};
  if (outcome.status === 'failed') return { code: outcome.error.code, message: outcome.error.message };
  return { value: outcome.payload.reveal().toString(), version: outcome.version };
}

function isSecret(ref: AwsRef): ref is AwsSecretRef {
  return ref.kind === 'aws-secret';
}

function isParameter(ref: AwsRef): ref is AwsParameterRef {
  return ref.kind === 'aws-parameter';
}
