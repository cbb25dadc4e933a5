import { expect } from 'vitest';

import { it as base } from '../../test/fakes/answering-kube.ts';
import { readNodeRegion } from './node-region.ts';

const { signal } = new AbortController();
const it = base.extend('answer', ({ kube }) => (status: number, labels?: Readonly<Record<string, string>>) => {
  kube.reply(status, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels } });
});

it('reads the label of the node', async ({ answer, kube }) => {
  answer(200, { 'topology.kubernetes.io/region': 'eu-west-1' });

  expect(await readNodeRegion(kube.config, 'node-1', signal)).toBe('eu-west-1');
  expect(kube.seen).toEqual(['GET /api/v1/nodes/node-1']);
});

it.for([{}, undefined, { 'topology.kubernetes.io/region': '' }])(
  'finds none in the labels %j',
  async (labels, { answer, kube }) => {
    answer(200, labels);

    expect(await readNodeRegion(kube.config, 'node-1', signal)).toBeUndefined();
  },
);

it('rejects when the API server refuses', async ({ answer, kube }) => {
  answer(403);

  await expect(readNodeRegion(kube.config, 'node-1', signal)).rejects.toThrow('403');
});

it('ends with the signal', async ({ answer, kube }) => {
  answer(200);

  await expect(readNodeRegion(kube.config, 'node-1', AbortSignal.abort())).rejects.toThrow('aborted');
});
