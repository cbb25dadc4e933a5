import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** An HTTP proxy that leads every tunnel to one server, whatever name it was asked for. */
export class ConnectProxy implements AsyncDisposable {
  /** `host:port` of each tunnel, in order. */
  readonly targets: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(upstreamPort: number) {
    this.#server = createServer((_request, response) => response.writeHead(405).end());
    this.#server.on('connect', ({ url = '' }, client: Duplex) => {
      this.targets.push(url);
      const upstream = connect(upstreamPort, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
  }

  static async start(upstreamPort: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(upstreamPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): string {
    // Listening on TCP, so that the address is no string.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
