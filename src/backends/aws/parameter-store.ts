import { GetParametersCommand, type GetParametersResult } from '@aws-sdk/client-ssm';
import pMap from 'p-map';

import type { AwsParameterRef } from '../../core/aws-ref.ts';
import type { Backend, FetchOutcome } from '../../core/backend.ts';
import type { SecretError } from '../../core/errors.ts';
import type { AwsAccess } from './access.ts';
import { createBackend, unanswered } from './backend.ts';
import { type AwsCall, quoteAll } from './call.ts';
import { chunk } from './chunk.ts';
import { invalidAnswerError, refusalError, toAwsError } from './errors.ts';
import { maxParallelReads, maxParametersPerCall } from './limits.ts';
import type { LoginRequest } from './login.ts';
import { toFound } from './outcome.ts';
import { findParameter, toSelector } from './parameter-match.ts';
import { describeAccount } from './token.ts';

/** SSM Parameter Store: ten parameters with one request, decrypted. */
export function createParameterStoreBackend(access: AwsAccess): Backend<AwsParameterRef> {
  return createBackend<AwsParameterRef>('aws-parameter', access, async (requests, login) => {
    const names = requests.map(toSelector);
    const distinct = [...new Set(names)];
    const read = (some: readonly string[]) => readChunk(access, some, login);
    const chunks = chunk(distinct, maxParametersPerCall);
    const outcomes = (await pMap(chunks, read, { concurrency: maxParallelReads })).flat();
    return names.map((name) => outcomes[distinct.indexOf(name)] ?? unanswered());
  });
}

/**
 * Never rejects. One name that is refused makes AWS refuse the whole request: then each is asked alone, so that a refusal
 * names its parameter and the others are served.
 */
async function readChunk(
  access: AwsAccess,
  names: readonly string[],
  login: LoginRequest,
): Promise<readonly FetchOutcome[]> {
  try {
    return await readTogether(access, names, login);
  } catch (cause) {
    const call = toCall(names, login.region, describeAccount(login.caller));
    const error = toAwsError(cause, call, login.signal);
    if (names.length === 1 || !isAboutOne(error)) return names.map(() => ({ status: 'failed', error }));
    const readAlone = (name: string) => readChunk(access, [name], login);
    return (await pMap(names, readAlone, { concurrency: maxParallelReads })).flat();
  }
}

function isAboutOne({ code }: SecretError): boolean {
  return (
    code === 'AWS_DENIED' ||
    code === 'AWS_DECRYPT_REFUSED' ||
    code === 'AWS_REQUEST_REFUSED' ||
    code === 'AWS_NOT_FOUND'
  );
}

async function readTogether(
  { credentials, clients, run }: AwsAccess,
  names: readonly string[],
  login: LoginRequest,
): Promise<readonly FetchOutcome[]> {
  const { region, signal } = login;
  return await credentials.use(login, async (session) => {
    const client = clients.ssm(session);
    const command = () => new GetParametersCommand({ Names: [...names], WithDecryption: true });
    const send = (abortSignal: AbortSignal) => client.send(command(), { abortSignal });
    const answer = await run(toCall(names, region, session.principal), send, { signal });
    return names.map((name) => toOutcome(name, answer, toCall([name], region, session.principal)));
  });
}

function toCall(names: readonly string[], region: string, principal: string): AwsCall {
  const target = quoteAll('parameter', names);
  return { operation: 'get_parameters', action: 'ssm:GetParameters', target, region, principal };
}

function toOutcome(name: string, answer: GetParametersResult, call: AwsCall): FetchOutcome {
  if (answer.InvalidParameters?.includes(name)) {
    const refusal = { name: 'ParameterNotFound', message: 'AWS calls it invalid', status: 400 };
    return { status: 'failed', error: refusalError(refusal, call) };
  }
  const { Value, Version } = findParameter(name, answer.Parameters ?? []) ?? {};
  // The SDK passes on whatever type the answer has.
  if (typeof Value === 'string' && typeof Version === 'number') return toFound(Value, String(Version));
  return { status: 'failed', error: invalidAnswerError(call, 'the answer leaves the parameter out') };
}
