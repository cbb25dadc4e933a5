import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../test/fakes/kube-client-under-test.ts';
import { SecretError } from '../core/errors.ts';
import { resources } from '../kube/objects.ts';
import { listAll, withCrdRemedy } from './list-all.ts';

const options = { signal: new AbortController().signal };

let under: KubeUnderTest;

beforeEach(async () => {
  under = await createKubeUnderTest();
});

afterEach(() => under[Symbol.asyncDispose]());

async function list(namespace?: string): Promise<readonly string[]> {
  const keep = ({ metadata }: { readonly metadata: { readonly name: string } }): string | undefined =>
    metadata.name.startsWith('x') ? undefined : metadata.name;
  return await listAll(under.client, { resource: resources.syncs, namespace }, keep, options);
}

describe('all objects of a kind', () => {
  it('are those of all pages, as far as they are kept', async () => {
    for (let index = 0; index < 501; index++) {
      under.kube.put(resources.syncs, { metadata: { namespace: 'shop', name: `a${index}` } });
    }
    under.kube.put(resources.syncs, { metadata: { namespace: 'shop', name: 'x' } });

    expect(new Set(await list())).toHaveLength(501);
    expect(under.kube.calls).toHaveLength(2);
  });

  it('are those of one namespace where one is meant', async () => {
    for (const namespace of ['shop', 'bank'])
      under.kube.put(resources.syncs, { metadata: { namespace, name: namespace } });

    expect([await list('bank'), await list()]).toEqual([['bank'], ['bank', 'shop']]);
  });

  it('are not there where the cluster does not know the kind: that has a remedy', async () => {
    under.kube.served.delete('lockstep.dev/secretproviderclasssyncs');
    const failure = await failureOf(list());

    expect(withCrdRemedy(failure)).toMatchObject({
      code: 'KUBE_NOT_FOUND',
      message: expect.stringContaining('kubectl apply -f deploy/crds'),
      cause: failure,
    });
  });

  it.for([new SecretError('KUBE_FORBIDDEN', 'no'), new Error('no'), undefined])(
    'fail for their own reasons: %s',
    (error) => {
      expect(withCrdRemedy(error)).toBe(error);
    },
  );
});
