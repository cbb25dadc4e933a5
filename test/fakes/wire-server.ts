import { once } from 'node:events';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A request as it came over the wire: Node's own HTTP server refuses methods such as LIST and FOO, so this one is on sockets. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `hang` never answers; `reset` cuts the connection. */
export type WireReply =
  | {
      readonly status: number;
      readonly body?: string | Buffer;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'hang'
  | 'reset';

export interface WireServerOptions {
  readonly tls?: TlsOptions;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  readonly socketPath?: string;
}

/** Just enough HTTP/1.1 for a client that sends Content-Length. */
export class WireServer implements AsyncDisposable {
  readonly requests: WireRequest[] = [];
  /** Connections that were accepted so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: WireServerOptions;

  private constructor(reply: (request: WireRequest) => WireReply | Promise<WireReply>, options: WireServerOptions) {
    this.#options = options;
    const onSocket = (socket: Socket): void => this.#serve(socket, reply);
    this.#server = options.tls ? createTlsServer(options.tls, onSocket) : createPlainServer(onSocket);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(
    reply: (request: WireRequest) => WireReply | Promise<WireReply>,
    options: WireServerOptions = {},
  ): Promise<WireServer> {
    const server = new WireServer(reply, options);
    if (options.socketPath === undefined) server.#server.listen(0, options.host ?? '127.0.0.1');
    else server.#server.listen(options.socketPath);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return isTcp(address) ? address.port : 0;
  }

  get address(): string {
    if (this.#options.socketPath !== undefined) return `unix://${this.#options.socketPath}`;
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** New connections get these certificates. */
  setTls(options: TlsOptions): void {
    if ('setSecureContext' in this.#server && typeof this.#server.setSecureContext === 'function') {
      this.#server.setSecureContext(options);
    }
  }

  /** As a server does that stops: the kept connections end. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.dropConnections();
    await closed;
  }

  #serve(socket: Socket, reply: (request: WireRequest) => WireReply | Promise<WireReply>): void {
    this.connections++;
    let buffered = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let parsed = parseRequest(buffered); parsed; parsed = parseRequest(buffered)) {
        buffered = buffered.subarray(parsed.size);
        this.requests.push(parsed.request);
        void answer(socket, parsed.request, reply);
      }
    });
  }
}

async function answer(
  socket: Socket,
  request: WireRequest,
  reply: (request: WireRequest) => WireReply | Promise<WireReply>,
): Promise<void> {
  const response = await reply(request);
  if (response === 'hang') return;
  if (response === 'reset') {
    socket.destroy();
    return;
  }
  const body = Buffer.from(response.body ?? '');
  const headers = Object.entries({ 'Content-Length': String(body.length), ...response.headers });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${response.status} Status\r\n${head}\r\n`), body]));
}

function parseRequest(bytes: Buffer): { readonly request: WireRequest; readonly size: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [start = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const size = headEnd + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < size) return undefined;
  const [method = '', path = ''] = start.split(' ');
  return { request: { method, path, headers, body: bytes.subarray(headEnd + 4, size).toString('utf8') }, size };
}

function isTcp(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
