import type { ClientRequest, IncomingMessage } from 'node:http';

import { type ApiCall } from './api-call.ts';
import { invalidAnswerError } from './api-errors.ts';

/** A page of a list is the largest; without a bound one answer could fill the memory. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Sends a request and resolves with the head of its answer, of any status. Rejects with the signal's reason, which ends the
 * connection, and with Node's errors. The body may fail later: whoever reads it hears of that.
 */
export async function sendRequest(
  request: ClientRequest,
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const onAbort = (): void => {
    request.destroy();
    // A request that waits for a connection says nothing when it is destroyed.
    reject(signal.reason);
  };
  request.on('response', resolve);
  // It stays: a request may fail after its answer began, and an error that nobody hears ends the process.
  request.on('error', reject);
  // All that is heard when the answer is a 101: the connection is no longer one of HTTP.
  request.on('close', () => reject(Object.assign(new Error('no answer'), { code: 'ECONNRESET' })));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else request.end(body);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The whole body. Rejects as `sendRequest` does, and with KUBE_ANSWER_INVALID when it is beyond all measure. */
export async function readBody(response: IncomingMessage, call: ApiCall, signal: AbortSignal): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const fail = (error: unknown): void => {
    reject(error);
    response.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  response.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    chunks.push(chunk);
    if (sizeBytes > maxAnswerBytes) fail(invalidAnswerError(call, `it is larger than ${maxAnswerBytes} bytes`));
  });
  response.on('end', () => resolve(Buffer.concat(chunks, sizeBytes)));
  response.on('error', reject);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
