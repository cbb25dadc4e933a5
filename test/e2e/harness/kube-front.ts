import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, createServer, request as forward, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { writeCertificates } from './certificates.ts';
import type { Cluster } from './kube-api.ts';
import { isWrite, type KubeRequest, readKubeRequest } from './kube-request.ts';
import { TcpGate } from './tcp-gate.ts';

/** A request of the client behind this front, and what became of it. Times are of `performance.now()`. */
export interface FrontRecord extends KubeRequest {
  readonly startedAt: number;
  /** Status that was sent back; undefined while there is none. */
  readonly status: number | undefined;
  readonly endedAt: number | undefined;
}

/** What is answered instead of the API server's own answer. */
export interface FrontReply {
  readonly status: number;
  readonly body: string;
}

/** Undefined: the API server answers. */
export type Intercept = (request: KubeRequest) => FrontReply | undefined;

export interface FrontOptions {
  readonly cluster: Cluster;
  /** Folder of its certificates. */
  readonly dir: string;
  /** Told every answer to a TokenRequest. */
  readonly onToken: (answer: string) => void;
}

/** A TLS proxy before the API server, for one client: keeps what passed, and misbehaves when told. */
export class KubeFront {
  readonly server: string;
  readonly ca: string;
  /** Before the API server is asked. */
  intercept: Intercept = () => undefined;
  /** When the API server has answered, before the client hears it. */
  onAnswer: (request: KubeRequest) => void = () => undefined;
  /** Added to each request. */
  delayMs = 0;
  readonly gate: TcpGate;
  readonly #options: FrontOptions;
  readonly #https: Server;
  readonly #agent: Agent;
  readonly #records: Mutable<FrontRecord>[] = [];
  readonly #watches = new Set<ServerResponse>();
  #forgotten = 0;

  private constructor(options: FrontOptions, parts: { https: Server; gate: TcpGate; ca: string }) {
    this.#options = options;
    this.#https = parts.https;
    this.#agent = new Agent({ ca: options.cluster.ca, keepAlive: true });
    this.gate = parts.gate;
    this.ca = parts.ca;
    this.server = `https://127.0.0.1:${parts.gate.port}`;
    parts.https.on('request', (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response));
  }

  static async start(options: FrontOptions): Promise<KubeFront> {
    const tls = writeCertificates(join(options.dir, 'tls'));
    const https = createServer({
      cert: readFileSync(tls.certificate),
      key: readFileSync(tls.key),
      // A server that closes idle connections races with its clients.
      keepAliveTimeout: 600_000,
      requestTimeout: 0,
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => https.once('listening', resolve));
    // The edge of the harness: a TCP listener's address is an object.
    const gate = await TcpGate.start((https.address() as AddressInfo).port);
    return new KubeFront(options, { https, gate, ca: readFileSync(tls.ca, 'utf8') });
  }

  /** Everything since the start. */
  get allRecords(): readonly FrontRecord[] {
    return this.#records;
  }

  /** Everything since the start or the last `forget`. */
  get records(): readonly FrontRecord[] {
    return this.#records.slice(this.#forgotten);
  }

  /** What changed something stored, the Lease apart. */
  get writes(): readonly FrontRecord[] {
    return this.records.filter((record) => isWrite(record) && record.resource !== 'leases');
  }

  get liveWatches(): number {
    return this.#watches.size;
  }

  forget(): void {
    this.#forgotten = this.#records.length;
  }

  /** Breaks the connection of every watch. Answers how many there were. */
  cutWatches(): number {
    const watches = [...this.#watches];
    for (const watch of watches) watch.destroy();
    return watches.length;
  }

  /** Back to passing everything on. */
  behave(): void {
    this.intercept = () => undefined;
    this.onAnswer = () => undefined;
    this.delayMs = 0;
    this.gate.thaw();
  }

  async close(): Promise<void> {
    await this.gate.close();
    this.#https.closeAllConnections();
    await new Promise((resolve) => this.#https.close(resolve));
    this.#agent.destroy();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const kubeRequest = readKubeRequest(request);
    const record: Mutable<FrontRecord> = {
      ...kubeRequest,
      startedAt: performance.now(),
      status: undefined,
      endedAt: undefined,
    };
    this.#records.push(record);
    response.once('close', () => (record.endedAt = performance.now()));
    if (record.verb === 'watch') {
      this.#watches.add(response);
      response.once('close', () => this.#watches.delete(response));
    }
    setTimeout(() => {
      const reply = this.intercept(kubeRequest);
      if (reply === undefined) this.#pass(request, response, record);
      else answer(response, record, reply);
    }, this.delayMs);
  }

  #pass(request: IncomingMessage, response: ServerResponse, record: Mutable<FrontRecord>): void {
    const { method, headers } = request;
    const { cluster, onToken } = this.#options;
    const onward = forward(new URL(request.url ?? '/', cluster.server), { method, headers, agent: this.#agent });
    onward.once('response', (reply) => {
      record.status = reply.statusCode;
      this.onAnswer(record);
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      response.flushHeaders();
      if (record.resource === 'serviceaccounts/token') collect(reply, onToken);
      // A broken answer has to look broken.
      reply.on('error', () => response.destroy());
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    request.pipe(onward);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function answer(response: ServerResponse, record: Mutable<FrontRecord>, { status, body }: FrontReply): void {
  record.status = status;
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

function collect(reply: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  reply.on('data', (chunk: Buffer) => chunks.push(chunk));
  reply.once('end', () => done(Buffer.concat(chunks).toString()));
}
