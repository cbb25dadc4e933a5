import { pipeline } from 'node:stream';
import type { Socket } from 'node:net';

/** Passes the bytes of two connections to each other; the end of one is the end of both. */
export function relay(one: Socket, other: Socket): void {
  // Whoever is connected with them sees the end.
  const onEnd = (): void => undefined;
  pipeline(one, other, onEnd);
  pipeline(other, one, onEnd);
}
