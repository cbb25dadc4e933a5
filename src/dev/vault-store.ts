import { randomBytes, randomUUID } from 'node:crypto';

import type { Clock } from '../platform/clock.ts';
import { DatabaseEngine } from './database-engine.ts';
import {
  type LoopbackAnswer,
  type LoopbackRequest,
  type LoopbackServer,
  startLoopbackServer,
} from './loopback-server.ts';
import type { PodTokens } from './pod-tokens.ts';
import type { SecretsFile } from './secrets-file.ts';
import { type StoreAnswer, toRefusal } from './store-answers.ts';
import { answerRequest, type StoreEngines, type StoreRequest } from './store-routes.ts';
import { StoreSessions } from './store-sessions.ts';

export interface VaultStoreDeps {
  readonly file: SecretsFile;
  readonly tokens: PodTokens;
  readonly clock: Clock;
}

const malformed = toRefusal(400, 'the request is malformed, too large, or not below /v1/');

/** A Vault-shaped store over the secrets file, on loopback. */
export function startVaultStore({ file, tokens, clock }: VaultStoreDeps): Promise<LoopbackServer> {
  const random = (bytes: number): string => randomBytes(bytes).toString('hex');
  const engines: StoreEngines = {
    file,
    tokens,
    sessions: new StoreSessions({ clock, random }),
    database: new DatabaseEngine({ clock, random }),
    requestId: randomUUID,
  };
  return startLoopbackServer({
    read: readRequest,
    answer: (request) => toLoopbackAnswer(answerRequest(request, engines)),
    malformed: toLoopbackAnswer(malformed),
  });
}

/** Throws at what is not below `/v1/`, and at a malformed path or body. */
function readRequest({ method, url, headers, text }: LoopbackRequest): StoreRequest {
  const { pathname, searchParams } = url;
  if (!pathname.startsWith('/v1/')) throw new RangeError('not below /v1/');
  return {
    method,
    path: decodeURIComponent(pathname.slice('/v1/'.length)),
    query: searchParams,
    token: String(headers['x-vault-token'] ?? ''),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

function toLoopbackAnswer({ status, body }: StoreAnswer): LoopbackAnswer {
  return { status, contentType: 'application/json', text: JSON.stringify(body) };
}
