import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

import { SecretError } from '../core/errors.ts';
import { CSIDriverProviderService } from '../gen/v1alpha1/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { ByteBudget } from './byte-budget.ts';
import { toTimeLimitMs } from './grpc-timeout.ts';
import { OpenCall } from './open-call.ts';

export interface StreamGateDeps {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Our own limit; a shorter one of the caller counts. */
  readonly timeLimitMs: number;
  /** Told of Mount calls that are answered before a handler had them. */
  readonly onRefused: (provider: ProviderName, error: SecretError, arrivedAtMs: number) => void;
}

/** Under this header grpc-js hands a handler the number of its call. */
export const callHeader = 'lockstep-call';

/** What grpc-js needs to know of a request; everything else would become metadata that nobody reads. */
const keptHeaders: ReadonlySet<string> = new Set(['content-type', 'te', 'grpc-encoding']);
const mountPath = CSIDriverProviderService.mount.path;
/** Published by Node with a stream and its headers before anybody else sees them. */
const channel = 'http2.server.stream.created';
/** Marks the connections of a gate: the channel tells of every HTTP/2 server in the process. */
const mark = Symbol('gate');

interface Marked extends Duplex {
  [mark]?: { readonly gate: StreamGate; readonly provider: ProviderName };
}

/** What a session calls its socket: the connection itself, or Node's wrapper around one that is no socket. */
interface SessionSocket extends Marked {
  readonly stream?: Marked;
}

interface StreamMessage {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Stands before grpc-js and sees every stream first. It takes `grpc-timeout` away, because grpc-js would answer
 * DEADLINE_EXCEEDED by itself, and knows what is open, so that a shutdown can answer it.
 */
export class StreamGate {
  readonly #deps: StreamGateDeps;
  readonly #calls = new Map<string, OpenCall>();
  readonly #mounts = new Set<string>();
  #nextId = 0;
  #closed: SecretError | undefined;
  #onIdle: (() => void) | undefined;

  constructor(deps: StreamGateDeps) {
    this.#deps = deps;
  }

  /** Mount calls without an answer, or with one on its way. */
  get openMounts(): number {
    return this.#mounts.size;
  }

  open(): void {
    subscribe(channel, this.#onStream);
  }

  close(): void {
    unsubscribe(channel, this.#onStream);
  }

  /** Streams of this connection go through the gate. To be called before it becomes an HTTP/2 session. */
  guard(connection: Duplex, provider: ProviderName): void {
    const marked: Marked = connection;
    marked[mark] = { gate: this, provider };
  }

  /** The call that a handler was given, or undefined when it is answered already. */
  begin(id: string): OpenCall | undefined {
    const call = this.#calls.get(id);
    return call?.begin() === true ? call : undefined;
  }

  /** From now on new streams are answered SHUTTING_DOWN. Resolves when no stream is open. */
  async drain(): Promise<void> {
    this.#closed ??= shuttingDown();
    if (this.#calls.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    await promise;
  }

  /** Answers whatever is open. */
  force(): void {
    this.#closed ??= shuttingDown();
    for (const call of this.#calls.values()) call.fail(this.#closed);
  }

  readonly #onStream = (message: unknown): void => {
    if (!isStreamMessage(message)) return;
    const socket: SessionSocket | undefined = message.stream.session?.socket;
    const owner = socket?.[mark] ?? socket?.stream?.[mark];
    if (owner?.gate === this) this.#open(message, owner.provider);
  };

  #open({ stream, headers }: StreamMessage, provider: ProviderName): void {
    const id = String(this.#nextId++);
    const { clock, budget, timeLimitMs, onRefused } = this.#deps;
    const isMount = headers[':path'] === mountPath;
    const call = new OpenCall(stream, toTimeLimitMs(headers['grpc-timeout'], timeLimitMs), {
      clock,
      budget,
      onRefused: (error) => {
        if (isMount) onRefused(provider, error, call.arrivedAtMs);
      },
    });
    this.#calls.set(id, call);
    if (isMount) this.#mounts.add(id);
    stream.once('close', () => this.#forget(id));
    for (const name of Object.keys(headers)) {
      if (!name.startsWith(':') && !keptHeaders.has(name)) delete headers[name];
    }
    headers[callHeader] = id;
    if (this.#closed) call.fail(this.#closed);
  }

  #forget(id: string): void {
    this.#calls.delete(id);
    this.#mounts.delete(id);
    if (this.#calls.size === 0) this.#onIdle?.();
  }
}

function isStreamMessage(message: unknown): message is StreamMessage {
  return typeof message === 'object' && message !== null && 'stream' in message && 'headers' in message;
}

function shuttingDown(): SecretError {
  return new SecretError('SHUTTING_DOWN', 'this lockstep is shutting down; the mount will be tried again');
}
