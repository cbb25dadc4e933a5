import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

/** A request as it came over the wire. */
export interface LoopbackRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface LoopbackAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** A store without its wire. */
export interface LoopbackService<Request> {
  /** Throws when the request makes no sense. */
  readonly read: (request: LoopbackRequest) => Request;
  readonly answer: (request: Request) => LoopbackAnswer;
  /** To what cannot be read. */
  readonly malformed: LoopbackAnswer;
}

export interface LoopbackServer {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  /** Requests answered so far, logins included. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

const bodyLimitBytes = 65_536;

/** Real HTTP for the embedded stores, so that the production backends run; nobody outside this machine can connect. */
export async function startLoopbackServer<Request>(service: LoopbackService<Request>): Promise<LoopbackServer> {
  let requests = 0;
  const server = createServer((message, response) => {
    requests++;
    void serve(message, response, service);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: addressOf(server), requests: () => requests, close: () => close(server) };
}

async function serve<Request>(
  message: IncomingMessage,
  response: ServerResponse,
  { read, answer, malformed }: LoopbackService<Request>,
): Promise<void> {
  const given = await readRequest(message)
    .then(read)
    .catch(() => undefined);
  const { status, contentType, text } = given === undefined ? malformed : answer(given);
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
}

/** Rejects a URL that is none and a body that is too large. */
async function readRequest(message: IncomingMessage): Promise<LoopbackRequest> {
  const url = new URL(message.url ?? '/', 'http://store');
  return { method: message.method ?? 'GET', url, headers: message.headers, text: await readBody(message) };
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > bodyLimitBytes) throw new RangeError('body too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return `http://127.0.0.1:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
