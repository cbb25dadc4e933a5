import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Agent, request } from 'undici';

import { ServerProcess } from '../processes.ts';
import type { ClusterServices } from './cluster-services.ts';

export interface PodNetworkOptions {
  readonly runDir: string;
  /** Folder of this pod alone. */
  readonly dir: string;
  /** Of the pod. */
  readonly address: string;
  /** Which of its ports the node reaches. */
  readonly ports: readonly number[];
  readonly services: ClusterServices;
}

/**
 * The network of a pod: a namespace in which there is its address and the services, and nothing else. Network policies and names
 * are not played.
 */
export class PodNetwork {
  readonly address: string;
  readonly #dir: string;
  readonly #sandbox: ServerProcess;

  private constructor(address: string, dir: string, sandbox: ServerProcess) {
    this.address = address;
    this.#dir = dir;
    this.#sandbox = sandbox;
  }

  static async start({ runDir, dir, address, ports, services }: PodNetworkOptions): Promise<PodNetwork> {
    mkdirSync(dir, { recursive: true });
    const relays = [...ports.map((port) => `${port}=${socketOf(dir, port)}`), ...services.relays];
    const program = [process.execPath, join(import.meta.dirname, 'pod-sandbox.ts')];
    const sandbox = new ServerProcess({
      runDir,
      command: 'unshare',
      args: ['--net', ...program, address, ...relays],
      log: join(dir, 'sandbox.log'),
    });
    await sandbox.ready(async () => sandbox.output().includes('ready'));
    return new PodNetwork(address, dir, sandbox);
  }

  /** What runc joins. */
  get path(): string {
    return `/proc/${this.#sandbox.pid}/ns/net`;
  }

  /** As the node asks for it. Rejects where nobody answers in time, or with a status of 400 and above. */
  async get(port: number, path: string, timeoutMs: number): Promise<string> {
    const agent = new Agent({ connect: { socketPath: socketOf(this.#dir, port) } });
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await request(`http://${this.address}:${port}${path}`, { dispatcher: agent, signal });
      const text = await response.body.text();
      if (response.statusCode >= 400) throw new Error(`${path}: ${response.statusCode} ${text}`);
      return text;
    } finally {
      await agent.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.#sandbox.stop('SIGKILL');
  }
}

function socketOf(dir: string, port: number): string {
  return join(dir, `port-${port}`);
}
