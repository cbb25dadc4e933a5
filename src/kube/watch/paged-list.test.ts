import { describe, expect, it } from 'vitest';

import { listOf, objectAt, ScriptedApi } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';
import type { KubeList } from '../objects.ts';
import { resources } from '../objects.ts';
import { listPages } from './paged-list.ts';
import type { Scope } from './scope.ts';

const forever = new AbortController().signal;
const scope: Scope = {
  resource: resources.secrets,
  namespace: 'shop',
  labelSelector: 'lockstep.dev/managed=true',
  metadataOnly: true,
};

describe('listPages', () => {
  it('follows the continue token and hands on page by page', async () => {
    const { api, pages, list } = setUp([
      listOf('7', [objectAt('shop/a', '1'), objectAt('shop/b', '2')], 'page 2'),
      listOf('7', [objectAt('shop/c', '3')], 'page 3'),
      { metadata: { resourceVersion: '7', continue: '' }, items: [objectAt('shop/d', '4')] },
    ]);

    await expect(list()).resolves.toBe('7');

    expect(pages).toEqual([['a', 'b'], ['c'], ['d']]);
    expect(api.lists.map(({ options }) => options.continue)).toEqual([undefined, 'page 2', 'page 3']);
  });

  it('asks for its scope, in pages, and for what is true now', async () => {
    const { api, list } = setUp([listOf('7')]);

    await list();

    const { resource, options } = api.lists[0] ?? {};
    expect(resource).toBe(resources.secrets);
    expect(options).toMatchObject({
      namespace: 'shop',
      labelSelector: 'lockstep.dev/managed=true',
      metadataOnly: true,
      limit: 500,
    });
    expect(options?.resourceVersion).toBeUndefined();
  });

  it('takes the version of the first page when pages differ, so that a watch misses nothing', async () => {
    const { list } = setUp([listOf('7', [], 'page 2'), listOf('9')]);

    await expect(list()).resolves.toBe('7');
  });

  it('takes null for no items, as the API server sends it for metadata', async () => {
    const { pages, list } = setUp([JSON.parse('{"metadata":{"resourceVersion":"7"},"items":null}') as KubeList]);

    await expect(list()).resolves.toBe('7');
    expect(pages).toEqual([[]]);
  });

  it.for([
    '{}',
    '{"metadata":{}}',
    '{"metadata":{"resourceVersion":""},"items":[]}',
    '{"kind":"Status","metadata":{}}',
  ])('does not take %s for an empty list', async (answer) => {
    const { pages, list } = setUp([JSON.parse(answer) as KubeList]);

    await expect(list()).rejects.toMatchObject({ code: 'KUBE_ANSWER_INVALID' });
    expect(pages).toEqual([]);
  });

  it('gives up on a server that hands out the same token for ever', async () => {
    const { api, list } = setUp([]);
    api.onList = () => listOf('7', [], 'again');

    await expect(list()).rejects.toMatchObject({
      code: 'KUBE_ANSWER_INVALID',
      message: expect.stringContaining('secrets in namespace shop') as string,
    });
    expect(api.lists).toHaveLength(2);
  });

  it('hands on what the client throws', async () => {
    const { api, list } = setUp([]);
    api.onList = () => {
      throw new SecretError('KUBE_GONE', 'the continue token has expired');
    };

    await expect(list()).rejects.toMatchObject({ code: 'KUBE_GONE' });
  });

  it('ends at once with the signal, even when the client hangs', async () => {
    const { api, list } = setUp([]);
    api.onList = () => new Promise(() => undefined);
    const end = new AbortController();
    const listed = list(end.signal);

    end.abort(new Error('stopped'));

    await expect(listed).rejects.toThrow('stopped');
  });
});

function setUp(answers: readonly KubeList[]) {
  const api = new ScriptedApi();
  const left = [...answers];
  api.onList = () => left.shift() ?? listOf('0');
  const pages: string[][] = [];
  const list = (signal = forever): Promise<string> =>
    listPages(api, scope, { signal, onPage: (items) => pages.push(items.map(({ metadata }) => metadata.name)) });
  return { api, pages, list };
}
