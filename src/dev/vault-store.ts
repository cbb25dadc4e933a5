import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Clock } from '../platform/clock.ts';
import { DatabaseEngine } from './database-engine.ts';
import type { PodTokens } from './pod-tokens.ts';
import { SecretsFile } from './secrets-file.ts';
import { toRefusal } from './store-answers.ts';
import { answerRequest, type StoreEngines, type StoreRequest } from './store-routes.ts';
import { StoreSessions } from './store-sessions.ts';

export interface VaultStoreDeps {
  readonly secretsPath: string;
  readonly tokens: PodTokens;
  readonly clock: Clock;
  /** Told when an edit of the file makes no sense; the last good state stays in force. */
  readonly onProblem: (message: string) => void;
}

/** A Vault-shaped store over one YAML file, on loopback, for a demo: real HTTP, so that the production backend runs. */
export interface VaultStore {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  /** Requests answered so far, logins included. */
  requests(): number;
  close(): Promise<void>;
}

const bodyLimitBytes = 65_536;
const malformed = toRefusal(400, 'the request is malformed, too large, or not below /v1/');

/** Throws SecretError FILE_UNREADABLE when the secrets file is broken at the start. */
export async function startVaultStore(deps: VaultStoreDeps): Promise<VaultStore> {
  const { clock, tokens } = deps;
  const random = (bytes: number): string => randomBytes(bytes).toString('hex');
  const engines: StoreEngines = {
    file: SecretsFile.open({ path: deps.secretsPath, clock, onProblem: deps.onProblem }),
    tokens,
    sessions: new StoreSessions({ clock, random }),
    database: new DatabaseEngine({ clock, random }),
    requestId: randomUUID,
  };

  let requests = 0;
  const server = createServer((message, response) => {
    requests++;
    void serve(message, response, engines);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: addressOf(server), requests: () => requests, close: () => close(server) };
}

async function serve(message: IncomingMessage, response: ServerResponse, engines: StoreEngines): Promise<void> {
  const request = await readRequest(message).catch(() => undefined);
  const { status, body } = request ? answerRequest(request, engines) : malformed;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(text);
}

/** Rejects what is not below `/v1/`, and a malformed URL or body. */
async function readRequest(message: IncomingMessage): Promise<StoreRequest> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://store');
  const text = await readBody(message);
  if (!pathname.startsWith('/v1/')) throw new RangeError('not below /v1/');
  return {
    method: message.method ?? 'GET',
    path: decodeURIComponent(pathname.slice('/v1/'.length)),
    query: searchParams,
    token: String(message.headers['x-vault-token'] ?? ''),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > bodyLimitBytes) throw new RangeError('body too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return `http://127.0.0.1:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
