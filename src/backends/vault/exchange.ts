import { type ClientRequest, type IncomingMessage, validateHeaderName } from 'node:http';

import type { VaultCall, WireAnswer } from './call.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { oversizeError, unsendableError } from './errors.ts';
import { maxAnswerBytes } from './limits.ts';

export interface ExchangeRequest {
  readonly call: VaultCall;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * One request over a kept connection, and its whole answer of any status. Rejects with the signal's reason, with Node's
 * errors, and with VAULT_REQUEST_REFUSED and VAULT_ANSWER_INVALID.
 */
export async function exchange(pool: ConnectionPool, request: ExchangeRequest): Promise<WireAnswer> {
  const { call, signal } = request;
  signal.throwIfAborted();
  const body = toBody(call);
  const sent = open(pool, request, body);
  const abort = Promise.withResolvers<never>();
  const onAbort = (): void => {
    sent.destroy();
    // A request that waits for a connection says nothing when it is destroyed.
    abort.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([abort.promise, receive(sent, body, call)]);
  } catch (error) {
    // The other kept connections may be dead as well: who tries again gets a new one.
    if (sent.reusedSocket && !signal.aborted) pool.dropIdle();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Methods of which HTTP expects that they say so when there is no body. */
const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

function toBody({ method, body }: VaultCall): Buffer | undefined {
  if (body === undefined) return bodyMethods.has(method) ? Buffer.alloc(0) : undefined;
  return Buffer.from(body);
}

function open(pool: ConnectionPool, { call, path, headers }: ExchangeRequest, body: Buffer | undefined): ClientRequest {
  // The answer to CONNECT is a tunnel.
  if (call.method === 'CONNECT') throw unsendableError(call);
  // A method is a token, as the name of a header is.
  validateHeaderName(call.method);
  const request = pool.open(path, { ...headers, ...(body && { 'Content-Length': String(body.length) }) });
  // The constructor would write it in capitals. Parity: Vault gets it as the manifest has it. The head is made at the end.
  request.method = call.method;
  return request;
}

async function receive(request: ClientRequest, body: Buffer | undefined, call: VaultCall): Promise<WireAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    // It stays: a request may fail after its answer began, and an error that nobody hears ends the process.
    request.on('error', reject);
    // All that is heard when the answer is a 101: the connection is no longer one of HTTP.
    request.on('close', () => reject(Object.assign(new Error('no answer'), { code: 'ECONNRESET' })));
    request.end(body);
  });
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    retryAfter: response.headers['retry-after'],
    body: await readBody(response, call),
  };
}

/** Leaving the loop early ends the connection. */
async function readBody(response: IncomingMessage, call: VaultCall): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxAnswerBytes) throw oversizeError(call);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}
