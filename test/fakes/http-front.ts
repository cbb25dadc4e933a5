import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http2, {
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { it as base } from 'vitest';

import { encodeFrame, flag, frameType } from '../../src/csi/authority/frames.ts';
import { encodeLiterals } from '../../src/csi/authority/hpack-encoder.ts';
import { openConnection } from '../../src/csi/authority/opening.ts';

/** What a driver up to 1.5 sends as authority. */
export const driverAuthority = '/var/run/secrets-store-csi-providers/vault.sock';

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Node's own HTTP/2 server behind the opening stage, on a unix socket. It answers `pong` and remembers what it saw. */
async function startHttpFront() {
  const directory = await mkdtemp(join(tmpdir(), 'lockstep-authority-'));
  const path = join(directory, 's.sock');
  const seen: Seen[] = [];
  const refusals: string[] = [];
  const accepted: string[] = [];
  const real = http2.createServer({ settings: { enablePush: false } });
  real.on('sessionError', () => undefined);
  real.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('end', () => {
      seen.push({ headers, body: Buffer.concat(chunks).toString() });
      stream.respond({ ':status': 200, 'x-answer': 'yes' });
      stream.end('pong');
    });
  });
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    openConnection(socket, {
      accept: (connection) => {
        accepted.push(connection === socket ? 'socket' : 'view');
        real.emit('connection', connection);
      },
      refuse: (error) => refusals.push(error.message),
    });
  });
  server.listen(path);
  await once(server, 'listening');

  return {
    seen,
    refusals,
    accepted,

    /** A client that sends the bytes it is told to. */
    async raw(start: Buffer = afterSettings()) {
      const socket = connect(path);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      let text = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      await once(socket, 'connect');
      socket.write(start);
      return {
        closed,
        write: (...frames: readonly Buffer[]) => socket.write(Buffer.concat(frames)),
        until: async (part: string): Promise<string> => {
          while (!text.includes(part)) await once(socket, 'data');
          return text;
        },
        end: () => socket.destroy(),
      };
    },

    /** Node's own client, with its own header compression. */
    async client(): Promise<ClientHttp2Session> {
      const client = http2.connect('http://localhost', { createConnection: () => connect(path) });
      client.on('error', () => undefined);
      await once(client, 'connect');
      return client;
    },

    async close(): Promise<void> {
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A test of it. */
export const it = base.extend('front', async ({ onTestFinished }) => {
  const front = await startHttpFront();
  onTestFinished(() => front.close());
  return front;
});

/** One request whose authority Node's client sends and Node's server would refuse. */
export async function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body: string): Promise<string> {
  const stream = client.request({ ...headers, ':method': 'POST', ':path': '/x', ':authority': 'not an authority' });
  stream.end(body);
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

export function requestFields(fields: readonly (readonly [string, string])[]) {
  const all = [[':method', 'POST'], [':path', '/v1alpha1.CSIDriverProvider/Mount'], [':scheme', 'http'], ...fields];
  return all.map(([name = '', value = '']) => ({ name, value, sensitive: false }));
}

export function requestFrame(fields: readonly (readonly [string, string])[]): Buffer {
  const payload = encodeLiterals(requestFields(fields));
  return encodeFrame({ type: frameType.headers, flags: flag.endHeaders | flag.endStream, streamId: 1, payload });
}

/** The preface, the client's settings and its acknowledgement of ours, then frames. */
export function afterSettings(...frames: readonly Buffer[]): Buffer {
  const settings = { type: frameType.settings, streamId: 0, payload: Buffer.alloc(0) };
  return Buffer.concat([
    Buffer.from(preface),
    encodeFrame({ ...settings, flags: 0 }),
    encodeFrame({ ...settings, flags: flag.ack }),
    ...frames,
  ]);
}
