import { randomBytes } from 'node:crypto';

import type { Clock } from '../platform/clock.ts';
import { refuseAwsJson } from './aws-answers.ts';
import { answerAwsRequest, type AwsStoreRequest } from './aws-routes.ts';
import { AwsSessions } from './aws-sessions.ts';
import { type LoopbackRequest, type LoopbackServer, startLoopbackServer } from './loopback-server.ts';
import type { PodTokens } from './pod-tokens.ts';
import type { SecretsFile } from './secrets-file.ts';

export interface AwsStoreDeps {
  readonly file: SecretsFile;
  readonly tokens: PodTokens;
  readonly clock: Clock;
}

const malformed = refuseAwsJson('SerializationException', 'the request is malformed or too large');

/** One endpoint for STS, Secrets Manager and Parameter Store over the secrets file, on loopback. */
export function startAwsStore({ file, tokens, clock }: AwsStoreDeps): Promise<LoopbackServer> {
  const sessions = new AwsSessions({ clock, random: (bytes) => randomBytes(bytes).toString('hex') });
  return startLoopbackServer({
    read: readRequest,
    answer: (request) => answerAwsRequest(request, { file, tokens, sessions }),
    malformed,
  });
}

/** Throws at a body that is no JSON, and at a method that AWS does not use. */
function readRequest({ method, headers, text }: LoopbackRequest): AwsStoreRequest {
  if (method !== 'POST') throw new RangeError('not POST');
  const target = headers['x-amz-target'];
  if (target === undefined) return { service: 'sts', form: Object.fromEntries(new URLSearchParams(text)) };
  const [, accessKeyId = '', region = ''] = credentialScope.exec(headers.authorization ?? '') ?? [];
  return {
    service: 'json',
    target: String(target),
    region,
    accessKeyId,
    sessionToken: String(headers['x-amz-security-token'] ?? ''),
    input: JSON.parse(text),
  };
}

/** Of a signature of version 4: who signed, and for which region. */
const credentialScope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\//;
