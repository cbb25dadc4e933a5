import {
  BatchGetSecretValueCommand,
  type BatchGetSecretValueResponse,
  type SecretValueEntry,
} from '@aws-sdk/client-secrets-manager';
import { LRUCache } from 'lru-cache';

import type { AwsSecretRequest } from '../../core/aws-ref.ts';
import type { FetchOutcome } from '../../core/backend.ts';
import type { AwsAccess } from './access.ts';
import { type AwsCall, quoteAll } from './call.ts';
import { chunk } from './chunk.ts';
import { AwsError, refusalError } from './errors.ts';
import { maxSecretsPerBatch } from './limits.ts';
import type { LoginRequest } from './login.ts';
import { RateWindow } from './rate-window.ts';
import { toSecretOutcome } from './secret-value.ts';
import type { Session } from './session.ts';

type Batch = readonly AwsSecretRequest[];

/** What a batch could answer. Everything else is asked one by one, where failures find their words. */
export type BatchOutcomes = ReadonlyMap<AwsSecretRequest, FetchOutcome>;

/**
 * BatchGetSecretValue for secrets that are asked for as they are now: up to twenty for one request. It needs an IAM action
 * of its own, and a refusal stands in CloudTrail, so a role that was refused once is not tried again while the daemon runs.
 */
export class SecretBatches {
  readonly #access: AwsAccess;
  readonly #refused = new LRUCache<string, true>({ max: maxRefused });
  readonly #rate: RateWindow;

  constructor(access: AwsAccess) {
    this.#access = access;
    this.#rate = new RateWindow(access.clock);
  }

  /** Never rejects. */
  async read(requests: Batch, login: LoginRequest): Promise<BatchOutcomes> {
    const plain = requests.filter(isCurrent);
    const batches = chunk(plain, maxSecretsPerBatch).filter(({ length }) => length > 1);
    const answers = await Promise.all(batches.map((batch) => this.#readBatch(batch, login)));
    return new Map(answers.flatMap((answer) => [...answer]));
  }

  async #readBatch(batch: Batch, login: LoginRequest): Promise<BatchOutcomes> {
    try {
      return await this.#access.credentials.use(login, (session) => this.#send(batch, session, login.signal));
    } catch {
      // Told by the single reads, if it lasts.
      return new Map();
    }
  }

  async #send(batch: Batch, session: Session, signal: AbortSignal): Promise<BatchOutcomes> {
    const { clients, run } = this.#access;
    const { region, principal } = session;
    const who = JSON.stringify([region, principal]);
    if (this.#refused.has(who) || !this.#rate.take(region)) return new Map();
    const ids = batch.map(({ secretId }) => secretId);
    const call: AwsCall = {
      operation: 'batch_get',
      action: 'secretsmanager:BatchGetSecretValue',
      target: quoteAll('secret', ids),
      region,
      principal,
    };
    const command = () => new BatchGetSecretValueCommand({ SecretIdList: ids });
    const client = clients.secretsManager(session);
    const send = (abortSignal: AbortSignal) => client.send(command(), { abortSignal });
    try {
      return toOutcomes(batch, await run(call, send, { signal, tries: 'once' }), call);
    } catch (error) {
      if (isForGood(error)) this.#refused.set(who, true);
      throw error;
    }
  }
}

const maxRefused = 1_000;

/** The role may not, or the endpoint does not know the action. */
function isForGood(error: unknown): boolean {
  return error instanceof AwsError && (error.code === 'AWS_DENIED' || error.reason === 'UnknownOperation');
}

/** A batch answers no other version. */
function isCurrent({ versionId, versionStage }: AwsSecretRequest): boolean {
  return versionId === undefined && (versionStage === undefined || versionStage === 'AWSCURRENT');
}

function toOutcomes(batch: Batch, answer: BatchGetSecretValueResponse, call: AwsCall): BatchOutcomes {
  const { SecretValues: values = [], Errors: errors = [] } = answer;
  const outcomes = new Map<AwsSecretRequest, FetchOutcome>();
  for (const request of batch) {
    const single: AwsCall = {
      ...call,
      action: 'secretsmanager:GetSecretValue',
      target: quoteAll('secret', [request.secretId]),
    };
    const value = values.find((entry) => isOf(request, entry));
    const error = errors.find(({ SecretId }) => SecretId === request.secretId);
    if (value) outcomes.set(request, toSecretOutcome(value, single));
    else if (error) {
      const refusal = { name: error.ErrorCode ?? '', message: error.Message ?? '' };
      outcomes.set(request, { status: 'failed', error: refusalError(refusal, single) });
    }
  }
  return outcomes;
}

/** By name, by ARN, or by an ARN without the hyphen and six characters that AWS appends. */
function isOf({ secretId }: AwsSecretRequest, { Name, ARN = '' }: SecretValueEntry): boolean {
  return secretId === Name || secretId === ARN || (secretId.startsWith('arn:') && secretId === ARN.slice(0, -7));
}
