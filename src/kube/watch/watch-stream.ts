import type { Readable } from 'node:stream';

import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { isKubeObject, isRecord } from '../client/api-answers.ts';
import { type ApiCall, describeCall } from '../client/api-call.ts';
import type { WatchEvent } from '../client/api-client.ts';
import { invalidAnswerError, toCallError, toReason } from '../client/api-errors.ts';
import { toApiStatus } from '../client/api-status.ts';
import type { KubeObject } from '../objects.ts';

export interface WatchStreamOptions {
  readonly call: ApiCall;
  readonly clock: Pick<Clock, 'timer'>;
  /** A stream that says nothing for so long while somebody waits is taken for dead. */
  readonly idleLimitMs: number;
  readonly signal: AbortSignal;
}

/**
 * The events of a watch: JSON objects, one a line. Ends with the stream; throws KUBE_TIMEOUT for silence, KUBE_UNREACHABLE
 * where the connection broke, KUBE_ANSWER_INVALID for what is no event, or the signal's reason. Whoever stops reading ends
 * the connection.
 */
export async function* readWatch(stream: Readable, options: WatchStreamOptions): AsyncGenerator<WatchEvent, void> {
  const { call, signal } = options;
  const onAbort = (): void => void stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    for await (const line of readLines(readChunks(stream, options), call)) {
      yield toWatchEvent(line, call);
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : toCallError(error, call);
  } finally {
    signal.removeEventListener('abort', onAbort);
    stream.destroy();
  }
}

/** The largest object that the API server takes has 3 MiB. */
const maxLineBytes = 16 * 1024 * 1024;
const newline = 0x0a;

async function* readChunks(stream: Readable, options: WatchStreamOptions): AsyncGenerator<Buffer, void> {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await pull(chunks, stream, options);
    if (next.done) return;
    yield next.value;
  }
}

/** The limit counts only while somebody waits: a slow reader is no dead server. */
async function pull(
  chunks: AsyncIterator<Buffer>,
  stream: Readable,
  { clock, idleLimitMs, call }: WatchStreamOptions,
): Promise<IteratorResult<Buffer>> {
  using _limit = clock.timer(idleLimitMs, () => stream.destroy(silenceError(call, idleLimitMs)));
  return await chunks.next();
}

/** Lines without their ends. A character may be split between two chunks, so lines are cut as bytes. */
async function* readLines(chunks: AsyncIterable<Buffer>, call: ApiCall): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end);
      const line = parts.length === 0 ? part : Buffer.concat([...parts, part]);
      [parts, sizeBytes, start] = [[], 0, end + 1];
      if (line.length > 0) yield line;
    }
    const rest = chunk.subarray(start);
    sizeBytes += rest.length;
    if (sizeBytes > maxLineBytes) throw invalidAnswerError(call, `a line is longer than ${maxLineBytes} bytes`);
    if (rest.length > 0) parts.push(rest);
  }
  if (sizeBytes > 0) throw brokenError(call);
}

function toWatchEvent(line: Buffer, call: ApiCall): WatchEvent {
  const event = parseJson(line);
  if (!isRecord(event)) throw invalidAnswerError(call, 'a line is no JSON object');
  const { type, object } = event;
  if (type === 'ERROR') return toErrorEvent(object, call);
  if (type === 'BOOKMARK' && isBookmark(object)) return { type, object };
  const isChange = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
  if (isChange && isKubeObject(object)) return { type, object };
  throw invalidAnswerError(call, 'a line is no event of a watch');
}

function toErrorEvent(object: unknown, call: ApiCall): WatchEvent {
  const status = isRecord(object) ? object : {};
  const code = typeof status['code'] === 'number' ? status['code'] : 500;
  return { type: 'ERROR', code, message: toReason(toApiStatus(status)?.message ?? '', call) };
}

/** It carries a version, and nothing else of an object. */
function isBookmark(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value['metadata']) && typeof value['metadata']['resourceVersion'] === 'string';
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

function silenceError(call: ApiCall, idleLimitMs: number): SecretError {
  const message = `${describeCall(call)}: no word from the API server for ${idleLimitMs / 1000} s; it is watched anew`;
  return new SecretError('KUBE_TIMEOUT', message);
}

function brokenError(call: ApiCall): SecretError {
  const message = `${describeCall(call)}: the connection ended in the middle of an event; it is watched anew`;
  return new SecretError('KUBE_UNREACHABLE', message);
}
