import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { failureOf } from '../../test/fakes/kube-client-under-test.ts';
import { StatusUnderTest } from '../../test/fakes/status-under-test.ts';
import { resources } from '../kube/objects.ts';
import { createMetrics } from '../platform/metrics.ts';
import { connect } from './connect.ts';

const options = { signal: new AbortController().signal };

let under: StatusUnderTest;

beforeEach(async () => {
  under = await StatusUnderTest.start();
});

afterEach(() => under[Symbol.asyncDispose]());

describe('a cluster', () => {
  it('is reached by the kubeconfig of a person, with the namespace of its context', async () => {
    under.kube.put(resources.syncs, { metadata: { namespace: 'shop', name: 'db' } });
    const metrics = createMetrics();
    const file = join(under.home, 'config');
    const { client, namespace } = await connect({ kubeconfig: undefined, defaultKubeconfigs: [file] }, metrics);
    const found = await client.get(resources.syncs, { namespace, name: 'db' }, options);
    await client.close();

    expect(namespace).toBe('shop');
    expect(found).toMatchObject({ metadata: { name: 'db' } });
    expect(await metrics.registry.metrics()).toContain('resource="secretproviderclasssyncs"');
  });

  it('is not reached without one', async () => {
    const kubeconfig = join(under.home, 'missing');

    expect(await failureOf(connect({ kubeconfig, defaultKubeconfigs: [] }))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(kubeconfig),
    });
  });
});
