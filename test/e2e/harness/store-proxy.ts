import { createServer, type IncomingMessage, request as forward, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with the next requests. `hang` takes a request and never answers, `cut` breaks the connection. */
export type Behaviour = 'pass' | 'hang' | 'cut' | 'unavailable';

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query, `/v1/…`. */
  readonly path: string;
  /** `x-vault-token`, or the empty text at a login. */
  readonly token: string;
}

/** A proxy in front of a Vault that keeps what passed on the wire and misbehaves when told. */
export class StoreProxy {
  readonly address: string;
  behaviour: Behaviour = 'pass';
  /** Added to each request that passes. */
  delayMs = 0;
  readonly #server: Server;
  readonly #requests: ProxiedRequest[] = [];
  #forgotten = 0;

  private constructor(server: Server) {
    this.#server = server;
    // The edge of the harness: a TCP listener's address is an object.
    this.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(upstream: string): Promise<StoreProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const proxy = new StoreProxy(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      proxy.#requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        token: String(request.headers['x-vault-token'] ?? ''),
      });
      proxy.#serve(upstream, request, response);
    });
    return proxy;
  }

  /** Everything since the start. */
  get allRequests(): readonly ProxiedRequest[] {
    return this.#requests;
  }

  /** Everything since the start or the last `forget`, logins too. */
  get requests(): readonly ProxiedRequest[] {
    return this.#requests.slice(this.#forgotten);
  }

  get logins(): readonly ProxiedRequest[] {
    return this.requests.filter((request) => request.path.endsWith('/login'));
  }

  /** Requests for a path below `/v1/`. */
  reads(path: string): readonly ProxiedRequest[] {
    return this.requests.filter((request) => request.path.split('?')[0] === `/v1/${path}`);
  }

  /** Back to passing everything on at once. */
  behave(): void {
    this.behaviour = 'pass';
    this.delayMs = 0;
  }

  forget(): void {
    this.#forgotten = this.#requests.length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(upstream: string, request: IncomingMessage, response: ServerResponse): void {
    switch (this.behaviour) {
      case 'hang':
        return;
      case 'cut':
        request.socket.destroy();
        return;
      case 'unavailable':
        response.writeHead(503, { 'content-type': 'application/json' }).end('{"errors":["Vault is sealed"]}');
        return;
      case 'pass':
        setTimeout(() => pass(upstream, request, response), this.delayMs);
    }
  }
}

function pass(upstream: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = forward(new URL(request.url ?? '/', upstream), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once('error', () => request.socket.destroy());
  request.pipe(onward);
}
