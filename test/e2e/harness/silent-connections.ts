import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** Connections that send `text` at most, and then nothing. Answers how to end them. */
export async function openSilent(to: NetConnectOpts, count: number, text = ''): Promise<() => void> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const socket = connect(to);
    if (!(await isAccepted(socket))) continue;
    if (text !== '') socket.write(text);
    sockets.push(socket);
  }
  return () => sockets.forEach((socket) => socket.destroy());
}

/** False: too many are waiting to be accepted (EAGAIN). */
async function isAccepted(socket: Socket): Promise<boolean> {
  const accepted = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  // From then on it may be cut at any time.
  socket.on('error', () => undefined);
  return await accepted;
}
