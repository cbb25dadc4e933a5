import type { KubeConfig } from '@kubernetes/client-node';
import { it as base } from 'vitest';

import type { ApiClient } from '../../src/kube/client/api-client.ts';
import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { FakeKube, type FakeKubeOptions } from './kube-server.ts';

/** The true client before a fake API server. */
export interface KubeUnderTest extends AsyncDisposable {
  readonly kube: FakeKube;
  readonly client: ApiClient;
  /** Another client of the same server, which is closed with it. */
  createClient(options?: { readonly clock?: Clock; readonly config?: KubeConfig }): ApiClient;
  /** Requests of all clients: `get secrets ok` and how many. */
  counted(): Promise<Record<string, number>>;
}

export async function createKubeUnderTest(options: FakeKubeOptions = {}): Promise<KubeUnderTest> {
  const kube = await FakeKube.start(options);
  const metrics = createMetrics();
  const clients: ApiClient[] = [];
  const createClient: KubeUnderTest['createClient'] = ({ clock = systemClock, config = kube.config } = {}) => {
    const client = createApiClient(config, { clock, metrics });
    clients.push(client);
    return client;
  };
  return {
    kube,
    client: createClient(),
    createClient,
    async counted() {
      const { values } = await metrics.kubeRequests.get();
      return Object.fromEntries(
        values.map(({ labels, value }) => [`${labels.verb} ${labels.resource} ${labels.result}`, value]),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
      await kube[Symbol.asyncDispose]();
    },
  };
}

/** What a call failed with, for later; where it succeeds, its answer. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: unknown) => error);
}

/** A test of it. */
export const it = base
  .extend('under', async ({ onTestFinished }) => {
    const under = await createKubeUnderTest();
    onTestFinished(() => under[Symbol.asyncDispose]());
    return under;
  })
  .extend('kube', ({ under }) => under.kube)
  .extend('client', ({ under }) => under.client);
