import type { AwsDeps } from '../backends/aws/access.ts';
import type { AwsParameterRef, AwsSecretRef } from '../core/aws-ref.ts';
import type { Backend } from '../core/backend.ts';

/** Both stores of AWS over one access: they share connections and credentials. */
export interface AwsBackends {
  readonly backends: {
    readonly 'aws-secret': Backend<AwsSecretRef>;
    readonly 'aws-parameter': Backend<AwsParameterRef>;
  };
  close(): Promise<void>;
}

/** Loads the AWS SDK, which who does not use AWS never pays for. Throws CONFIG_INVALID. */
export async function loadAwsBackends(deps: AwsDeps): Promise<AwsBackends> {
  const [{ createAwsAccess }, { createSecretsManagerBackend }, { createParameterStoreBackend }] = await Promise.all([
    import('../backends/aws/access.ts'),
    import('../backends/aws/secrets-manager.ts'),
    import('../backends/aws/parameter-store.ts'),
  ]);
  const access = createAwsAccess(deps);
  const [secrets, parameters] = [createSecretsManagerBackend(access), createParameterStoreBackend(access)];
  return {
    backends: { 'aws-secret': secrets, 'aws-parameter': parameters },
    async close() {
      await secrets.close();
      await parameters.close();
    },
  };
}
