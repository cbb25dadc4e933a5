import type { FetchOutcome } from '../../core/backend.ts';
import type { AwsCall } from './call.ts';
import { invalidAnswerError } from './errors.ts';
import { toFound } from './outcome.ts';

/** The members of an answer that hold the value. */
export interface SecretValue {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
  readonly VersionId?: string | undefined;
}

/** Parity: the text where there is one, else the bytes. */
export function toSecretOutcome(answer: SecretValue, call: AwsCall): FetchOutcome {
  const value = answer.SecretString ?? answer.SecretBinary;
  if (value !== undefined && answer.VersionId !== undefined) return toFound(value, answer.VersionId);
  return { status: 'failed', error: invalidAnswerError(call, 'the answer holds no value or no version') };
}
