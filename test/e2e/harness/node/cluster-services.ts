import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { relay } from './relay.ts';

/** What pods reach in place of kube-proxy's: an address and port of the cluster for a port of 127.0.0.1. */
export interface Service {
  readonly address: string;
  readonly port: number;
  readonly target: number;
}

/** Of the API server, as pods see it: its certificate is good for the first address of the range of services. */
export const apiService = { address: '10.96.0.1', port: 443 };

/** The node's end of the services that its pods reach: one socket each. Nothing else leaves a pod. */
export class ClusterServices {
  /** `ADDRESS:PORT=SOCKET` for each, as a sandbox takes them. */
  readonly relays: readonly string[];
  readonly #servers: readonly Server[];
  readonly #open: Set<Socket>;

  private constructor(relays: readonly string[], servers: readonly Server[], open: Set<Socket>) {
    this.relays = relays;
    this.#servers = servers;
    this.#open = open;
  }

  static async start(dir: string, services: readonly Service[]): Promise<ClusterServices> {
    mkdirSync(dir, { recursive: true });
    const open = new Set<Socket>();
    const servers: Server[] = [];
    const relays: string[] = [];
    for (const { address, port, target } of services) {
      const socket = join(dir, `${address}-${port}`);
      const server = createServer((inner) => {
        open.add(inner);
        inner.once('close', () => open.delete(inner));
        relay(inner, connect(target, '127.0.0.1'));
      });
      await once(server.listen(socket), 'listening');
      servers.push(server);
      relays.push(`${address}:${port}=${socket}`);
    }
    return new ClusterServices(relays, servers, open);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    for (const server of this.#servers) await new Promise((resolve) => server.close(resolve));
  }
}
