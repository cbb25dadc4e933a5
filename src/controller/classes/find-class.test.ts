import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { classOf, rawClass, type Parts } from '../../../test/fakes/sync-objects.ts';
import { SecretError } from '../../core/errors.ts';
import { resources } from '../../kube/objects.ts';
import { findClass, type FindClassDeps } from './find-class.ts';

const known = classOf();
const nonsense = { secretObjects: [{ secretName: '' }] };
const unknown: FindClassDeps['classes'] = { get: () => undefined, problem: () => undefined };

let under: KubeUnderTest;

beforeEach(async () => {
  under = await createKubeUnderTest();
});

afterEach(() => under[Symbol.asyncDispose]());

function put(parts: Parts): void {
  const { apiVersion: _, kind: _kind, ...object } = rawClass(parts);
  under.kube.put(resources.classes, object);
}

async function find(classes: FindClassDeps['classes'] = unknown) {
  const options = { signal: new AbortController().signal };
  return await findClass({ namespace: 'shop' }, { className: 'db' }, { client: under.client, classes }, options);
}

describe('the class of a sync', () => {
  it('is the one that is watched, without a request', async () => {
    expect(await find({ ...unknown, get: (key) => (key === 'shop/db' ? known : undefined) })).toBe(known);
    expect(under.kube.calls).toEqual([]);
  });

  it('is found before the watch has brought it', async () => {
    put({});

    expect(await find()).toMatchObject({ name: 'db' });
  });

  it.for([
    ['there is none', undefined, 'CLASS_NOT_FOUND', /no SecretProviderClass db in namespace shop/],
    ['it may not be synced', { metadata: { labels: {} } }, 'CLASS_NOT_ENABLED', /kubectl label secretproviderclass db/],
    ['it makes no sense', { spec: nonsense }, expect.any(String), /secretObjects/],
  ] as const)('is missing with the remedy when %s', async ([, parts, code, message]) => {
    if (parts) put(parts);

    expect(await failureOf(find())).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is missing because of its watch while that shows nothing', async () => {
    const problem = new SecretError('KUBE_FORBIDDEN', 'no');

    expect(await failureOf(find({ ...unknown, problem: () => problem }))).toBe(problem);
    expect(under.kube.calls).toEqual([]);
  });

  it('is not taken with its problems, though it is watched', async () => {
    const broken = classOf({ spec: nonsense });

    expect(await failureOf(find({ ...unknown, get: () => broken }))).toMatchObject({
      message: expect.stringContaining('secretObjects'),
    });
  });
});
