import { connect, createServer, type Server, type Socket } from 'node:net';

import { flag, FrameReader } from '../../../src/csi/authority/frames.ts';
import { HeaderBlockReader } from '../../../src/csi/authority/header-blocks.ts';
import { MountRequest } from '../../../src/gen/v1alpha1/service.ts';

/** A Mount call as it stood on the wire. */
export interface TappedMount {
  readonly authority: string | undefined;
  readonly hasDeadline: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly secrets: string;
  /** `current_object_version`, by id. */
  readonly currentVersions: Readonly<Record<string, string>>;
}

/** A socket between driver and provider. Every byte passes unchanged; what the driver says is read along. */
export class DriverTap {
  readonly path: string;
  readonly #server: Server;
  readonly #drivers = new Set<Socket>();
  readonly #mounts: TappedMount[] = [];

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /** Listens at `path` and connects to `provider` for each connection. */
  static async start(path: string, provider: string): Promise<DriverTap> {
    const server = createServer();
    const tap = new DriverTap(path, server);
    server.on('connection', (driver) => {
      const reader = new CallReader((mount) => tap.#mounts.push(mount));
      tap.#drivers.add(driver);
      driver.once('close', () => tap.#drivers.delete(driver));
      driver.on('data', (chunk: Buffer) => reader.push(chunk));
      join(driver, connect(provider));
    });
    server.listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    return tap;
  }

  /** The calls for a pod, oldest first. */
  mounts(podUid: string): readonly TappedMount[] {
    return this.#mounts.filter(({ attributes }) => attributes['csi.storage.k8s.io/pod.uid'] === podUid);
  }

  async close(): Promise<void> {
    for (const driver of this.#drivers) driver.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function join(driver: Socket, provider: Socket): void {
  driver.pipe(provider).pipe(driver);
  for (const [one, other] of [
    [driver, provider],
    [provider, driver],
  ] as const) {
    one.once('error', () => other.destroy());
    one.once('close', () => other.destroy());
  }
}

const prefaceBytes = 24;
/** RFC 9113 §6.1. */
const dataFrame = 0;
const messageHeadBytes = 5;

/** Reads the calls of one connection. */
class CallReader {
  #toSkip = prefaceBytes;
  readonly #frames = new FrameReader();
  readonly #blocks = new HeaderBlockReader();
  readonly #open = new Map<number, { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer[] }>();
  readonly #onMount: (mount: TappedMount) => void;

  constructor(onMount: (mount: TappedMount) => void) {
    this.#onMount = onMount;
  }

  push(chunk: Buffer): void {
    const skipped = Math.min(this.#toSkip, chunk.length);
    this.#toSkip -= skipped;
    for (const frame of this.#frames.push(chunk.subarray(skipped))) {
      const block = this.#blocks.push(frame);
      if (typeof block === 'object') {
        const headers = new Map(block.fields.map(({ name, value }) => [name, value]));
        this.#open.set(block.streamId, { headers, body: [] });
      }
      const call = this.#open.get(frame.streamId);
      if (frame.type !== dataFrame || call === undefined) continue;
      call.body.push(frame.payload);
      if ((frame.flags & flag.endStream) === 0) continue;
      this.#open.delete(frame.streamId);
      if (call.headers.get(':path')?.endsWith('/Mount')) this.#onMount(toMount(call.headers, Buffer.concat(call.body)));
    }
  }
}

function toMount(headers: ReadonlyMap<string, string>, body: Buffer): TappedMount {
  const request = MountRequest.decode(body.subarray(messageHeadBytes));
  return {
    authority: headers.get(':authority'),
    hasDeadline: headers.has('grpc-timeout'),
    // The edge of the harness: the driver writes a flat map of texts.
    attributes: JSON.parse(request.attributes) as Record<string, string>,
    secrets: request.secrets,
    currentVersions: Object.fromEntries(request.currentObjectVersion.map(({ id, version }) => [id, version])),
  };
}
