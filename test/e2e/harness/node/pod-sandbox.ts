/**
 * `node pod-sandbox.ts ADDRESS [PORT=SOCKET…] [SERVICE:PORT=SOCKET…]`, in a network namespace of its own, which it keeps for the
 * containers of a pod. The pod has ADDRESS; its ports are reached from outside by the sockets, and services from inside.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { relay } from './relay.ts';

const [address = '', ...relays] = process.argv.slice(2);
ip('link', 'set', 'lo', 'up');
addAddress(address);
for (const each of relays) {
  const [from = '', socket = ''] = each.split('=');
  const [port = '', service] = from.split(':').toReversed();
  await (service === undefined ? openPort(Number(port), socket) : openService(service, Number(port), socket));
}
console.log('ready');

async function openPort(port: number, socket: string): Promise<void> {
  const server = createServer((outer) => relay(outer, connect(port, address))).listen(socket);
  await once(server, 'listening');
}

async function openService(service: string, port: number, socket: string): Promise<void> {
  addAddress(service);
  const server = createServer((inner) => relay(inner, connect(socket))).listen(port, service);
  await once(server, 'listening');
}

function addAddress(added: string): void {
  ip('address', 'replace', `${added}/32`, 'dev', 'lo');
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
