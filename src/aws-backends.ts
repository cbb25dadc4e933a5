import type { AwsDeps } from './backends/aws/access.ts';
import type { AwsParameterRef, AwsSecretRef } from './core/aws-ref.ts';
import type { Backend } from './core/backend.ts';

/** Both stores of AWS over one access: they share connections and credentials. */
export interface AwsBackends {
  readonly backends: {
    readonly 'aws-secret': Backend<AwsSecretRef>;
    readonly 'aws-parameter': Backend<AwsParameterRef>;
  };
  close(): Promise<void>;
}

/**
 * The AWS SDK is loaded by the first object that needs it: who mounts from Vault alone does not pay for it on every node.
 * A CA bundle is looked at now. Throws CONFIG_INVALID.
 */
export async function loadAwsBackends(deps: AwsDeps): Promise<AwsBackends> {
  let loading: Promise<LoadedBackends> | undefined;
  const load = (): Promise<LoadedBackends> => (loading ??= loadBackends(deps));
  if (deps.defaults.caBundleFile !== undefined) await load();
  return {
    backends: {
      'aws-secret': lazily('aws-secret', async () => (await load()).secrets),
      'aws-parameter': lazily('aws-parameter', async () => (await load()).parameters),
    },
    async close() {
      const loaded = await loading;
      await loaded?.secrets.close();
      await loaded?.parameters.close();
    },
  };
}

interface LoadedBackends {
  readonly secrets: Backend<AwsSecretRef>;
  readonly parameters: Backend<AwsParameterRef>;
}

async function loadBackends(deps: AwsDeps): Promise<LoadedBackends> {
  const [{ createAwsAccess }, { createSecretsManagerBackend }, { createParameterStoreBackend }] = await Promise.all([
    import('./backends/aws/access.ts'),
    import('./backends/aws/secrets-manager.ts'),
    import('./backends/aws/parameter-store.ts'),
  ]);
  const access = createAwsAccess(deps);
  return { secrets: createSecretsManagerBackend(access), parameters: createParameterStoreBackend(access) };
}

/** Closed by whoever closes what `load` gives. */
function lazily<R extends AwsSecretRef | AwsParameterRef>(
  kind: R['kind'],
  load: () => Promise<Backend<R>>,
): Backend<R> {
  return {
    kind,
    identify: async (...question) => (await load()).identify(...question),
    fetch: async (...question) => (await load()).fetch(...question),
    close: async () => {},
  };
}
