import { Agent as HttpAgent, type AgentOptions, type ClientRequest, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Socket } from 'node:net';

import type { Identity } from './credentials.ts';

/** What a request is sent with, beside what the identity says. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, below the address of the API server. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  /** It is kept open for long: on a connection of its own. */
  readonly isWatch: boolean;
}

/** The connections to one API server. Those that idle do not keep the process alive. */
export interface Connections {
  /** Begins a request. Nothing is sent before its end. Throws Node's errors for what HTTP forbids. */
  open(head: RequestHead, identity: Identity): ClientRequest;
  /** Ends what idles: one kept connection was dead, so others may be. */
  dropIdle(): void;
  /** All connections end now. */
  close(): void;
}

interface Agents {
  readonly tlsDigest: string;
  readonly calls: HttpAgent;
  readonly watches: HttpAgent;
}

/** Less than the 90 s after which the API server ends an idle connection. */
const idleMs = 60_000;
const maxCallConnections = 64;
/** A peer that is gone is noticed by the system after some of these. */
const tcpKeepAliveMs = 30_000;

/** `server` may have a path, as behind a gateway to many clusters. */
export function createConnections(server: URL): Connections {
  const isTls = server.protocol === 'https:';
  const place = {
    host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(server.port !== '' && { port: server.port }),
  };
  const prefix = server.pathname.replace(/\/$/, '');
  let agents: Agents | undefined;

  const agentsFor = (identity: Identity): Agents => {
    if (agents?.tlsDigest === identity.tlsDigest) return agents;
    if (agents) for (const agent of [agents.calls, agents.watches]) retire(agent);
    agents = createAgents(isTls, identity);
    return agents;
  };

  return {
    open({ method, path, headers, isWatch }, identity) {
      const own = agentsFor(identity);
      const options = {
        ...place,
        method,
        path: prefix + path,
        headers: { ...headers, ...identity.headers },
        agent: identity.proxy ?? (isWatch ? own.watches : own.calls),
      };
      // Through a proxy the TLS of the server is that of the request.
      if (isTls) return httpsRequest({ ...options, ...(identity.proxy && identity.tls) });
      return httpRequest(options);
    },
    dropIdle() {
      if (agents) dropIdle(agents.calls);
    },
    close() {
      if (agents) for (const agent of [agents.calls, agents.watches]) agent.destroy();
    },
  };
}

function createAgents(isTls: boolean, { tls, tlsDigest }: Identity): Agents {
  const create = (options: AgentOptions): HttpAgent =>
    withTcpKeepAlive(isTls ? new HttpsAgent({ ...tls, ...options }) : new HttpAgent(options));
  return {
    tlsDigest,
    // Only an idle connection ends by this time: the signal bounds a call.
    calls: create({ keepAlive: true, keepAliveMsecs: tcpKeepAliveMs, maxSockets: maxCallConnections, timeout: idleMs }),
    watches: create({ keepAlive: false }),
  };
}

/** Node does it for connections that idle; those that wait for an answer need it as much. */
function withTcpKeepAlive(agent: HttpAgent): HttpAgent {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = create(options, done);
    if (socket instanceof Socket) socket.setKeepAlive(true, tcpKeepAliveMs);
    return socket;
  };
  return agent;
}

/** Connections end with the request that they serve, and the idle ones now. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  dropIdle(agent);
}

function dropIdle(agent: HttpAgent): void {
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}
