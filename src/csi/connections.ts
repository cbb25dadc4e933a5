import type { Socket } from 'node:net';

import type { Clock } from '../platform/clock.ts';

/** The preface of an HTTP/2 client and its first, empty SETTINGS frame. */
const handshakeBytes = 24 + 9;
const handshakeTimeoutMs = 10_000;
/** As long as kubelet waits for a mount: whoever connects for one has asked by then. */
const firstRequestTimeoutMs = 120_000;

/**
 * What is connected. A client that says nothing is cut off soon, one that never requests anything later; after its first
 * request it may idle for ever, as the driver does.
 */
export class Connections {
  readonly #clock: Pick<Clock, 'timer'>;
  readonly #open = new Set<Socket>();
  #onEmpty: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'timer'>) {
    this.#clock = clock;
  }

  /** Answers what is to be called when the first request came. */
  add(socket: Socket): () => void {
    const timers = new DisposableStack();
    timers.use(
      this.#clock.timer(handshakeTimeoutMs, () => {
        if (socket.bytesRead < handshakeBytes) socket.destroy();
      }),
    );
    timers.use(this.#clock.timer(firstRequestTimeoutMs, () => socket.destroy()));
    this.#open.add(socket);
    socket.once('close', () => {
      timers.dispose();
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
    return () => timers.dispose();
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
