import type { KubeConfig } from '@kubernetes/client-node';
import { it as base } from 'vitest';

import type { ApiClient } from '../../src/kube/client/api-client.ts';
import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { resources } from '../../src/kube/objects.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { FakeClock } from './clock.ts';
import { FakeKube } from './kube-server.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

const { signal } = new AbortController();

/** A test of a way in to the API server `kube`; `home` is for files, and what `keep` is given ends with the test. */
export const it = base
  .extend('clock', () => new FakeClock())
  .extend('keep', ({ onTestFinished }) => <T extends AsyncDisposable | Disposable>(one: T): T => {
    onTestFinished(() => (Symbol.asyncDispose in one ? one[Symbol.asyncDispose]() : one[Symbol.dispose]()));
    return one;
  })
  .extend('home', ({ keep }) => keep(createTemporaryDirectory()))
  .extend('kube', async ({ keep }) => keep(await FakeKube.start()))
  .extend('createClient', ({ clock, onTestFinished }) => (config: KubeConfig): ApiClient => {
    const client = createApiClient(config, { clock, metrics: createMetrics() });
    onTestFinished(() => client.close());
    return client;
  });

export async function list(client: ApiClient): Promise<void> {
  await client.list(resources.secrets, { signal });
}

/** What was shown to it. */
export function seen(kube: FakeKube): readonly (string | undefined)[] {
  return kube.requests.map(({ headers }) => headers.authorization);
}
