import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { chmod, lstat, rename, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { probeSocket, type SocketOwner } from './probe-socket.ts';
import { runtimeName } from './version.ts';

export interface ProviderSocketDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: string;
  /** The provider name: the driver connects to NAME.sock. */
  readonly name: string;
  /** Replace a socket on which another runtime answers. */
  readonly takeover: boolean;
  readonly onConnection: (socket: Socket) => void;
}

/** How often the path is compared with what was put there. */
const checkEveryMs = 3000;
/** The longest path that a unix socket can have. */
const maxPathBytes = 107;
/** Connections at once; the driver needs one. */
const maxConnections = 1000;

/**
 * One socket path. What listens is bound under a random name and renamed onto the path, so that the path never leads
 * nowhere, and it stays there at the end: a driver that was connected blocks on a missing one for two minutes.
 */
export class ProviderSocket {
  readonly path: string;
  readonly #deps: ProviderSocketDeps;
  #server: Server | undefined;
  #inode: bigint | undefined;
  #timer: Disposable | undefined;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;
  /** It was seen, and logged, that the path leads to somebody else. */
  #isReplaced = false;

  constructor(deps: ProviderSocketDeps) {
    this.#deps = deps;
    this.path = join(deps.directory, `${deps.name}.sock`);
  }

  /** Throws SOCKET_UNUSABLE or SOCKET_IN_USE when the path cannot or must not be served. Changes nothing. */
  async check(): Promise<void> {
    const { directory, takeover } = this.#deps;
    await requireDirectory(directory);
    requireShort([this.path, temporaryPath(directory)]);
    const entry = await entryAt(this.path);
    if (entry === undefined) return;
    if (!entry.isSocket()) throw unusable(`${this.path} is not a socket; remove it`);
    const owner = await probeSocket(this.path);
    if (!takeover && isForeign(owner)) throw inUse(this.path, owner);
  }

  /** Listens, and leads the path here, whatever is there. Throws SOCKET_UNUSABLE. */
  async publish(): Promise<void> {
    const { directory, logger, onConnection } = this.#deps;
    const temporary = temporaryPath(directory);
    const server = createServer(onConnection);
    server.maxConnections = maxConnections;
    try {
      await listen(server, temporary);
      server.on('error', (error) => logger.error({ socket: this.path, err: error }, 'socket cannot accept'));
      await chmod(temporary, 0o600);
      this.#inode = (await lstat(temporary, { bigint: true })).ino;
      await rename(temporary, this.path);
    } catch (cause) {
      server.close();
      const remedy = codeOf(cause) === 'ENOSPC' ? 'make room on its file system' : 'check the permissions';
      throw unusable(`cannot put a socket at ${this.path} (${codeOf(cause)}); ${remedy}`, cause);
    }
    this.#server?.close();
    this.#server = server;
    this.#isReplaced = false;
  }

  /** From now on a path that went missing or dead is published again. */
  watch(): void {
    this.#timer = this.#deps.clock.timer(checkEveryMs, () => {
      this.#checking = this.#heal().finally(() => {
        if (!this.#closed) this.watch();
      });
    });
  }

  /** Why a driver cannot be served through the path, or undefined. */
  async unreadiness(): Promise<string | undefined> {
    const owner = await probeSocket(this.path);
    if (owner.state === 'dead') return `nothing listens on ${this.path}`;
    if (owner.state === 'silent') return `${this.path} ${owner.reason}`;
    return isForeign(owner) ? `${this.path} belongs to ${owner.runtimeName}` : undefined;
  }

  /** Accepts no more connections. The path stays. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#server?.close();
    await this.#checking;
    this.#server?.close();
  }

  /** Leaves the path to a runtime that is alive: after a rolling update it is the next generation's. */
  async #heal(): Promise<void> {
    const { logger } = this.#deps;
    try {
      const entry = await entryAt(this.path);
      if (entry?.ino === this.#inode) return;
      const owner = await probeSocket(this.path);
      if (this.#closed) return;
      if (owner.state === 'dead') {
        await this.publish();
        logger.warn({ socket: this.path }, 'socket published again');
      } else if (!this.#isReplaced) {
        this.#isReplaced = true;
        logger.warn({ socket: this.path, owner }, 'socket taken over by another runtime');
      }
    } catch (error) {
      logger.error({ socket: this.path, err: error }, 'socket check failed');
    }
  }
}

function isForeign(owner: SocketOwner): owner is Exclude<SocketOwner, { readonly state: 'dead' }> {
  return owner.state === 'silent' || (owner.state === 'alive' && owner.runtimeName !== runtimeName);
}

/** What stands at a path, links not followed. */
async function entryAt(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unusable(`cannot look at ${path} (${codeOf(cause)}); check the permissions`, cause);
  }
}

async function requireDirectory(directory: string): Promise<void> {
  const remedy = "mount the driver's hostPath there or name another --provider-dir";
  const isDirectory = await stat(directory).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw unusable(`the provider directory ${directory} does not exist; ${remedy}`);
}

function temporaryPath(directory: string): string {
  return join(directory, `.lockstep-${randomBytes(3).toString('hex')}`);
}

function requireShort(paths: readonly string[]): void {
  const long = paths.find((path) => Buffer.byteLength(path) > maxPathBytes);
  if (long === undefined) return;
  const limit = `longer than the ${maxPathBytes} bytes that a unix socket may have`;
  throw unusable(`the path ${long} is ${limit}; use a shorter --provider-dir`);
}

function inUse(path: string, owner: Exclude<SocketOwner, { readonly state: 'dead' }>): SecretError {
  const who =
    owner.state === 'silent' ? `a runtime that ${owner.reason}` : `${owner.runtimeName} ${owner.runtimeVersion}`;
  const remedy = 'remove that provider, leave the name out of --providers, or say --takeover';
  return new SecretError('SOCKET_IN_USE', `${path} is served by ${who.trim()}; ${remedy}`);
}

function unusable(message: string, cause?: unknown): SecretError {
  return new SecretError('SOCKET_UNUSABLE', message, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  server.off('error', reject);
}
