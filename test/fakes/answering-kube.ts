import { KubeConfig } from '@kubernetes/client-node';
import { it as base } from 'vitest';

import { type WireReply, WireServer } from './wire-server.ts';

/** An API server that gives every request the same answer. */
export class AnsweringKube implements AsyncDisposable {
  answer: () => WireReply = () => 'hang';
  readonly config = new KubeConfig();
  readonly #server: WireServer;

  private constructor(server: WireServer) {
    this.#server = server;
    const cluster = { name: 'test', server: server.address, skipTLSVerify: true };
    this.config.loadFromClusterAndUser(cluster, { name: 'test', token: 'own-token' });
  }

  static async start(): Promise<AnsweringKube> {
    const late: { kube?: AnsweringKube } = {};
    late.kube = new AnsweringKube(await WireServer.start(() => late.kube?.answer() ?? 'reset'));
    return late.kube;
  }

  /** `GET /api/v1/nodes/web-1` and so on. */
  get seen(): readonly string[] {
    return this.#server.requests.map(({ method, path }) => `${method} ${path}`);
  }

  reply(status: number, body: unknown): void {
    const headers = { 'content-type': 'application/json' };
    this.answer = () => ({ status, headers, body: JSON.stringify(body) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A test of it. */
export const it = base.extend('kube', async ({ onTestFinished }) => {
  const kube = await AnsweringKube.start();
  onTestFinished(() => kube[Symbol.asyncDispose]());
  return kube;
});
