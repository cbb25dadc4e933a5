import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import pMap from 'p-map';

import type { AwsSecretRef, AwsSecretRequest } from '../../core/aws-ref.ts';
import type { Backend, FetchOutcome } from '../../core/backend.ts';
import type { AwsAccess } from './access.ts';
import { createBackend } from './backend.ts';
import { type AwsCall, plain, quoteAll } from './call.ts';
import { toAwsError } from './errors.ts';
import { maxParallelReads } from './limits.ts';
import type { LoginRequest } from './login.ts';
import { SecretBatches } from './secret-batches.ts';
import { toSecretOutcome } from './secret-value.ts';
import { describeAccount } from './token.ts';

/** AWS Secrets Manager: a request for each secret, several at a time; with `batch: 'auto'` one for up to twenty. */
export function createSecretsManagerBackend(access: AwsAccess): Backend<AwsSecretRef> {
  const batches = access.batch === 'auto' ? new SecretBatches(access) : undefined;
  return createBackend<AwsSecretRef>('aws-secret', access, async (requests, login) => {
    const batched = await batches?.read(requests, login);
    const readRest = async (request: AwsSecretRequest) => batched?.get(request) ?? readSecret(access, request, login);
    return await pMap(requests, readRest, { concurrency: maxParallelReads });
  });
}

/** Never rejects. */
async function readSecret(
  { credentials, clients, run }: AwsAccess,
  { secretId, versionId, versionStage }: AwsSecretRequest,
  login: LoginRequest,
): Promise<FetchOutcome> {
  const { region, caller, signal } = login;
  const version = versionId === undefined ? '' : `, version ${plain(versionId)}`;
  const stage = versionStage === undefined ? '' : `, stage ${plain(versionStage)}`;
  const target = quoteAll('secret', [secretId]) + version + stage;
  const action = 'secretsmanager:GetSecretValue';
  const asked: AwsCall = { operation: 'get_secret', action, target, region, principal: describeAccount(caller) };
  const input = {
    SecretId: secretId,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(versionStage !== undefined && { VersionStage: versionStage }),
  };
  try {
    return await credentials.use(login, async (session) => {
      const call = { ...asked, principal: session.principal };
      const client = clients.secretsManager(session);
      const send = (abortSignal: AbortSignal) => client.send(new GetSecretValueCommand(input), { abortSignal });
      return toSecretOutcome(await run(call, send, { signal }), call);
    });
  } catch (error) {
    return { status: 'failed', error: toAwsError(error, asked, signal) };
  }
}
