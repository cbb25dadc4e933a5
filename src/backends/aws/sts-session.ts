import type { Credentials } from '@aws-sdk/client-sts';

import type { AwsCall } from './call.ts';
import { invalidAnswerError } from './errors.ts';
import { Session } from './session.ts';

/** The session that STS answered with. Throws AWS_ANSWER_INVALID. */
export function toSession(
  credentials: Credentials | undefined,
  call: AwsCall,
  { principal, nowMs }: { readonly principal: string; readonly nowMs: number },
): Session {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
    throw invalidAnswerError(call, 'the answer holds no credentials');
  }
  return new Session({
    keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    region: call.region,
    principal,
    createdAtMs: nowMs,
    endsAtMs: Expiration.getTime(),
  });
}
