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

/** Parity: the text where there is one, else the bytes. The SDK passes on whatever type the answer has. */
export function toSecretOutcome({ SecretString, SecretBinary, VersionId }: SecretValue, call: AwsCall): FetchOutcome {
  const value = SecretString ?? SecretBinary;
  const isValue = typeof value === 'string' || value instanceof Uint8Array;
  if (isValue && typeof VersionId === 'string') return toFound(value, VersionId);
  return { status: 'failed', error: invalidAnswerError(call, 'the answer holds no value or no version') };
}
