import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, BlockList, type Socket } from 'node:net';

import type { Registry } from 'prom-client';

import { SecretError } from '../core/errors.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

export interface HttpEndpointsDeps {
  /** Undefined: nothing listens. An empty host means every interface. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>;
  readonly logger: Logger;
  /** Why the process should be restarted; undefined: it is alive. */
  live(): string | undefined;
  /** Why calls should not come here; undefined: they may. */
  ready(): Promise<string | undefined>;
  /** Forgets every cached value. */
  flush(): void;
}

export interface HttpEndpoints extends Component {
  /** Where it listens while it runs: port 0 takes a free one. */
  address(): AddressInfo | undefined;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Endpoint = { readonly method: 'GET' | 'POST'; reply(request: IncomingMessage): Reply | Promise<Reply> };

/** A probe or a scrape is one small request; more connections than these are somebody's mistake. */
const maxConnections = 64;
const timeouts = { requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const textType = 'text/plain; charset=utf-8';

/** `/metrics`, `/livez`, `/readyz`, and `POST /flush` for callers on the same host. Holds no secret. */
export function createHttpEndpoints(deps: HttpEndpointsDeps): HttpEndpoints {
  const endpoints = createEndpoints(deps);
  const server = createServer(timeouts, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      deps.logger.error({ err: error }, 'http endpoint failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': textType }).end('failed; the log has the details\n');
    });
  });
  keepNewest(server, maxConnections);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const path = request.url?.split('?', 1)[0] ?? '';
    const { status, text, headers } = await replyTo(endpoints.get(path), request);
    // A kept connection would hold up the end of the process.
    if (!server.listening) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': textType, 'cache-control': 'no-store', ...headers });
    response.end(text);
  }

  return {
    name: 'http endpoints',
    address: () => toAddressInfo(server.address()),
    start: async () => {
      if (deps.address) await listen(server, deps.address);
    },
    stop: (signal) => close(server, signal),
  };
}

function createEndpoints(deps: HttpEndpointsDeps): ReadonlyMap<string, Endpoint> {
  return new Map<string, Endpoint>([
    ['/livez', { method: 'GET', reply: () => toProbeReply(deps.live()) }],
    ['/readyz', { method: 'GET', reply: async () => toProbeReply(await deps.ready()) }],
    ['/metrics', { method: 'GET', reply: () => scrape(deps.registry) }],
    ['/flush', { method: 'POST', reply: (request) => flush(request, deps) }],
  ]);
}

async function replyTo(endpoint: Endpoint | undefined, request: IncomingMessage): Promise<Reply> {
  if (!endpoint) return { status: 404, text: 'not found\n' };
  if (request.method !== endpoint.method) {
    return { status: 405, text: `only ${endpoint.method}\n`, headers: { allow: endpoint.method } };
  }
  return await endpoint.reply(request);
}

function toProbeReply(reason: string | undefined): Reply {
  return reason === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `${reason}\n` };
}

async function scrape(registry: HttpEndpointsDeps['registry']): Promise<Reply> {
  return { status: 200, text: await registry.metrics(), headers: { 'content-type': registry.contentType } };
}

function flush(request: IncomingMessage, deps: HttpEndpointsDeps): Reply {
  if (!isLoopback(request.socket.remoteAddress ?? '')) {
    return { status: 403, text: 'flush is for callers on the same host: use kubectl exec or port-forward\n' };
  }
  deps.flush();
  return { status: 200, text: 'every cached value is forgotten\n' };
}

function isLoopback(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  const v4 = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return loopback.check(v4, v4.includes(':') ? 'ipv6' : 'ipv4');
}

/** The oldest connection makes room for a new one: whoever holds many open keeps no probe out, and a probe that fails ends the pod. */
function keepNewest(server: Server, count: number): void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const [oldest] = open;
    if (open.size <= count || oldest === undefined) return;
    open.delete(oldest);
    oldest.destroy();
  });
}

async function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (error: Error): void => reject(toListenError(error, `${host}:${port}`));
  server.once('error', onError);
  server.listen({ port, ...(host !== '' && { host }) }, resolve);
  await promise;
  server.off('error', onError);
}

function toListenError(cause: Error, address: string): SecretError {
  const code = 'code' in cause ? String(cause.code) : cause.message;
  const reason = code === 'EADDRINUSE' ? 'the port is taken' : `it cannot be listened on (${code})`;
  const message = `--metrics-address ${address}: ${reason}; name another HOST:PORT, or off for none`;
  return new SecretError('CONFIG_INVALID', message, { cause });
}

/** Lets answers finish until the signal aborts. */
async function close(server: Server, signal: AbortSignal): Promise<void> {
  if (!server.listening) return;
  const closed = Promise.withResolvers<void>();
  const onAbort = (): void => server.closeAllConnections();
  server.close(() => closed.resolve());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  await closed.promise;
  signal.removeEventListener('abort', onAbort);
}

function toAddressInfo(address: string | AddressInfo | null): AddressInfo | undefined {
  return typeof address === 'object' && address !== null ? address : undefined;
}
