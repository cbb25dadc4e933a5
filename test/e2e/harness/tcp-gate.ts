import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes TCP connections of 127.0.0.1 on, until the network between the two ends is taken away. */
export class TcpGate {
  readonly port: number;
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #frozen = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    // The edge of the harness: a TCP listener's address is an object.
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(target: number): Promise<TcpGate> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const gate = new TcpGate(server, target);
    server.on('connection', (client) => gate.#open(client));
    return gate;
  }

  /** Half-open: what is sent on any connection, old or new, is taken and swallowed; nothing comes back, no end either. */
  freeze(): void {
    this.#frozen = true;
    for (const pair of this.#pairs) {
      pair.isDead = true;
      pair.client.unpipe(pair.onward);
      pair.onward.unpipe(pair.client);
      pair.client.resume();
      pair.onward.resume();
    }
  }

  /** New connections pass again. Those that were frozen stay dead, as behind a firewall that forgot them. */
  thaw(): void {
    this.#frozen = false;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const { client, onward } of this.#pairs) {
      client.destroy();
      onward.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #open(client: Socket): void {
    const onward = connect(this.#target, '127.0.0.1');
    const pair: Pair = { client, onward, isDead: this.#frozen };
    this.#pairs.add(pair);
    for (const socket of [client, onward]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    }
    client.once('close', () => {
      this.#pairs.delete(pair);
      onward.destroy();
    });
    // The client of a dead connection hears nothing of the other end.
    onward.once('close', () => pair.isDead || client.destroy());
    if (pair.isDead) {
      client.resume();
      return;
    }
    client.pipe(onward);
    onward.pipe(client);
  }
}

interface Pair {
  readonly client: Socket;
  readonly onward: Socket;
  /** Was open while everything was swallowed. */
  isDead: boolean;
}
