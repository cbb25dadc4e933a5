import type { Socket } from 'node:net';

import type { Clock } from '../platform/clock.ts';

/** The preface of an HTTP/2 client and its first, empty SETTINGS frame. */
const handshakeBytes = 24 + 9;
const handshakeTimeoutMs = 10_000;

/** What is connected. A client that says nothing is cut off; one that spoke HTTP/2 may idle for ever, as the driver does. */
export class Connections {
  readonly #clock: Pick<Clock, 'timer'>;
  readonly #open = new Set<Socket>();
  #onEmpty: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'timer'>) {
    this.#clock = clock;
  }

  add(socket: Socket): void {
    const timer = this.#clock.timer(handshakeTimeoutMs, () => {
      if (socket.bytesRead < handshakeBytes) socket.destroy();
    });
    this.#open.add(socket);
    socket.once('close', () => {
      timer[Symbol.dispose]();
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
  }

  /** Resolves when all are closed. Those that are still there after `graceMs` are cut off. */
  async drain(graceMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = this.#clock.timer(graceMs, () => {
      for (const socket of this.#open) socket.destroy();
    });
    await promise;
    timer[Symbol.dispose]();
  }
}
