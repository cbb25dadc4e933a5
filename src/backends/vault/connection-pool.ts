import { type AgentOptions, type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';

import type { VaultTls } from '../../core/object-ref.ts';
import type { Clock } from '../../platform/clock.ts';
import type { VaultAddress } from './address.ts';
import { literalIp } from './forbidden-hosts.ts';

export interface ConnectionPoolOptions {
  readonly address: VaultAddress;
  readonly tls: Pick<VaultTls, 'serverName' | 'skipVerify'>;
  /** Undefined for an address without TLS. */
  readonly secureContext: SecureContext | undefined;
  readonly lookup: LookupFunction;
  readonly clock: Clock;
}

/** The kept connections to one address with one TLS material. Those that idle do not keep the process alive. */
export interface ConnectionPool {
  /** Begins a request of the method GET. Nothing is sent before its end. Throws Node's errors for what HTTP forbids. */
  readonly open: (path: string, headers: Readonly<Record<string, string>>) => ClientRequest;
  /** The idle connections end now. */
  readonly dropIdle: () => void;
  /** Connections end with the request that they serve, and the idle ones now. */
  readonly retire: () => void;
  /** All connections end now. */
  readonly destroy: () => void;
}

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { origin, socketPath } = options.address;
  const { protocol, hostname, port } = new URL(origin);
  const agent = createAgent(protocol, options);
  const place = {
    agent,
    protocol,
    host: literalIp(hostname) ?? hostname,
    ...(port !== '' && { port }),
    ...(socketPath !== undefined && { socketPath }),
  };
  const dropIdle = (): void => {
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  };
  const retire = (): void => {
    agent.maxFreeSockets = 0;
    dropIdle();
  };
  return {
    open: (path, headers) => httpRequest({ ...place, path, headers }),
    dropIdle,
    retire,
    destroy() {
      retire();
      agent.destroy();
    },
  };
}

const connectTimeoutMs = 10_000;
const keepAliveMs = 90_000;
const connectionsPerPool = 64;

function createAgent(protocol: string, { tls, secureContext, lookup, clock }: ConnectionPoolOptions): HttpAgent {
  // Only an idle connection ends by this time: the caller's signal bounds a request.
  const kept: AgentOptions = { keepAlive: true, maxSockets: connectionsPerPool, timeout: keepAliveMs, lookup };
  if (protocol !== 'https:') return withPatience(new HttpAgent(kept), 'connect', clock);
  const agent = new HttpsAgent({
    ...kept,
    rejectUnauthorized: !tls.skipVerify,
    ...(tls.serverName !== '' && { servername: tls.serverName }),
    ...(secureContext && { secureContext }),
  });
  return withPatience(agent, 'secureConnect', clock);
}

/** Node waits for a connection as long as the system does: minutes. */
function withPatience(agent: HttpAgent, connected: 'connect' | 'secureConnect', clock: Clock): HttpAgent {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = create(options, done);
    if (!socket) return socket;
    // Nothing is written before the handshake: the failed write would hide why the handshake failed.
    socket.cork();
    socket.once(connected, () => socket.uncork());
    const timer = clock.timer(connectTimeoutMs, () => socket.destroy(lateError()));
    for (const event of [connected, 'close']) socket.once(event, () => timer[Symbol.dispose]());
    return socket;
  };
  return agent;
}

function lateError(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
}
