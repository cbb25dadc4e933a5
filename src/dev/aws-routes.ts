import * as z from 'zod';

import { irsaAudience } from '../core/aws-ref.ts';
import { refuseAwsJson, refuseSts, toStsAnswer } from './aws-answers.ts';
import { getParameters } from './aws-parameters.ts';
import { batchGetSecretValue, getSecretValue } from './aws-secrets.ts';
import type { AwsSessions } from './aws-sessions.ts';
import type { LoopbackAnswer } from './loopback-server.ts';
import type { PodTokens } from './pod-tokens.ts';
import type { SecretsFile } from './secrets-file.ts';

export type AwsStoreRequest = StsRequest | SignedRequest;

/** A form, which nothing signs. */
export interface StsRequest {
  readonly service: 'sts';
  readonly form: Readonly<Record<string, string>>;
}

/** JSON with the credentials of a login. */
export interface SignedRequest {
  readonly service: 'json';
  /** As in `X-Amz-Target`: `secretsmanager.GetSecretValue`. */
  readonly target: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly sessionToken: string;
  readonly input: unknown;
}

export interface AwsStoreParts {
  readonly file: SecretsFile;
  readonly tokens: PodTokens;
  readonly sessions: AwsSessions;
}

/** Tells one request from another and answers it as AWS would, in every region the same. */
export function answerAwsRequest(request: AwsStoreRequest, parts: AwsStoreParts): LoopbackAnswer {
  return request.service === 'sts' ? logIn(request.form, parts) : read(request, parts);
}

const loginForm = z.object({
  RoleArn: z.string().regex(/^arn:[^:]+:iam::\d{12}:role\/./),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  WebIdentityToken: z.string(),
});

/** AssumeRoleWithWebIdentity. Every role trusts every pod of this run. */
function logIn(form: StsRequest['form'], { tokens, sessions }: AwsStoreParts): LoopbackAnswer {
  if (form['Action'] !== 'AssumeRoleWithWebIdentity') return refuseSts('InvalidAction', 'The action is not known here');
  const given = loginForm.safeParse(form);
  if (!given.success) return refuseSts('ValidationError', 'A parameter is missing or wrong');
  if (tokens.review(given.data.WebIdentityToken, irsaAudience) !== undefined) return toStsAnswer(sessions.open());
  return refuseSts('InvalidIdentityToken', `The token is not one of this run for ${irsaAudience}, or has expired`);
}

/** The session token is the proof; the signature around it is not computed again. */
function read(request: SignedRequest, { file, sessions }: AwsStoreParts): LoopbackAnswer {
  const { target, accessKeyId, sessionToken } = request;
  const state = sessions.check(accessKeyId, sessionToken);
  if (state === 'expired') return refuseAwsJson('ExpiredTokenException', 'The security token has expired');
  if (state === 'unknown') return refuseAwsJson('UnrecognizedClientException', 'The security token is invalid');
  const { secretsmanager, ssmparameter } = file.histories();
  switch (target) {
    case 'secretsmanager.GetSecretValue':
      return getSecretValue({ ...request, history: secretsmanager });
    case 'secretsmanager.BatchGetSecretValue':
      return batchGetSecretValue({ ...request, history: secretsmanager });
    case 'AmazonSSM.GetParameters':
      return getParameters({ ...request, history: ssmparameter });
    default:
      return refuseAwsJson('UnknownOperationException', 'The operation is not known here');
  }
}
