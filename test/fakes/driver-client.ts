import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { createConnection } from 'node:net';

import { credentials, type ServiceError, status } from '@grpc/grpc-js';

import {
  CSIDriverProviderClient,
  MountRequest,
  type MountResponse,
  type VersionResponse,
} from '../../src/gen/v1alpha1/service.ts';

export type MountAnswer =
  | { readonly ok: true; readonly reply: MountResponse }
  | { readonly ok: false; readonly code: keyof typeof status; readonly message: string };

/** What drivers up to 1.5 send as authority: the path that they dial. */
export const oldDriverAuthority = '/var/run/secrets-store-csi-providers/vault.sock';

/** The driver's side of a socket: one connection, authority `localhost` as from 1.6 on, replies up to 4 MiB. */
export class DriverClient implements Disposable {
  readonly #client: CSIDriverProviderClient;

  constructor(path: string, authority = 'localhost') {
    this.#client = new CSIDriverProviderClient(`unix:${path}`, credentials.createInsecure(), {
      'grpc.default_authority': authority,
      'grpc.max_receive_message_length': 4_194_304,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  mount(request: MountRequest, options: { readonly signal?: AbortSignal } = {}): Promise<MountAnswer> {
    const { promise, resolve } = Promise.withResolvers<MountAnswer>();
    const call = this.#client.mount(request, (error, reply) => resolve(error ? toFailure(error) : { ok: true, reply }));
    options.signal?.addEventListener('abort', () => call.cancel(), { once: true });
    return promise;
  }

  version(): Promise<VersionResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<VersionResponse>();
    this.#client.version({ version: 'v1alpha1' }, (error, reply) => (error ? reject(error) : resolve(reply)));
    return promise;
  }

  close(): void {
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function toFailure(error: ServiceError): MountAnswer {
  // The enumeration of grpc-js maps back to its names.
  return { ok: false, code: status[error.code] as keyof typeof status, message: error.details };
}

/** What a stream ended with, as it stood on the wire. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  /** From the trailers, or from the headers of an answer without a message. Undefined: none came. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  /** Of the message, without its five bytes of framing. */
  readonly bytes: Buffer;
  /** Code of the RST_STREAM frame, 0 for none. */
  readonly rstCode: number;
}

export interface RawCall {
  readonly stream: ClientHttp2Stream;
  readonly answer: Promise<RawAnswer>;
}

/** HTTP/2 without a gRPC library in between, so that a test sees which codes and frames leave the server. */
export class RawClient implements Disposable {
  readonly session: ClientHttp2Session;
  /** Codes of the GOAWAY frames that came. */
  readonly goaways: number[] = [];

  constructor(path: string) {
    this.session = connect('http://localhost', { createConnection: () => createConnection(path) });
    this.session.on('error', () => {}); // told by the streams
    this.session.on('goaway', (code) => this.goaways.push(code));
  }

  /** A whole call. */
  mount(request: MountRequest, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const call = this.open('/v1alpha1.CSIDriverProvider/Mount', headers);
    call.stream.end(frame(Buffer.from(MountRequest.encode(request).finish())));
    return call.answer;
  }

  /** A call of which nothing but the headers is sent. */
  open(path = '/v1alpha1.CSIDriverProvider/Mount', headers: Readonly<Record<string, string>> = {}): RawCall {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    return { stream, answer: listen(stream) };
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** A gRPC message: not compressed, its length, its bytes. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

function listen(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const chunks: Buffer[] = [];
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (received) => (headers = received));
  stream.on('trailers', (received) => (trailers = received));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {}); // the code stands in the answer
  stream.on('close', () => {
    const all = { ...headers, ...trailers };
    const grpcStatus = all['grpc-status'];
    resolve({
      httpStatus: headers[':status'],
      grpcStatus: grpcStatus === undefined ? undefined : Number(grpcStatus),
      grpcMessage: decodeURI(String(all['grpc-message'] ?? '')),
      bytes: Buffer.concat(chunks).subarray(5),
      rstCode: stream.rstCode ?? 0,
    });
  });
  return promise;
}

/** A request as driver 1.6 sends it, for a pod of its own unless told otherwise. */
export function mountRequest(options: {
  readonly pod?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly tokens?: string;
  readonly overrides?: Partial<MountRequest>;
}): MountRequest {
  const pod = options.pod ?? 'web-1';
  const attributes = {
    'csi.storage.k8s.io/ephemeral': 'true',
    'csi.storage.k8s.io/pod.name': pod,
    'csi.storage.k8s.io/pod.namespace': 'shop',
    'csi.storage.k8s.io/pod.uid': `uid-${pod}`,
    'csi.storage.k8s.io/serviceAccount.name': 'web',
    'csi.storage.k8s.io/serviceAccount.tokens':
      options.tokens ?? '{"vault":{"token":"header.payload.signature","expirationTimestamp":"2030-01-01T00:00:00Z"}}',
    secretProviderClass: 'database',
    ...options.parameters,
  };
  return {
    attributes: JSON.stringify(attributes),
    secrets: 'null',
    targetPath: `/var/lib/kubelet/pods/uid-${pod}/volumes/kubernetes.io~csi/secrets/mount`,
    permission: '420',
    currentObjectVersion: [],
    ...options.overrides,
  };
}
