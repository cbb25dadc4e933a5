import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { readNodeRegion } from './node-region.ts';

const { signal } = new AbortController();
let seen: string[];
let answer: { readonly status: number; readonly labels?: Readonly<Record<string, string>> };
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: answer.labels } };
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(node));
});

beforeEach(async () => {
  seen = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

function toServer(): KubeConfig {
  const config = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  const cluster = { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
  config.loadFromClusterAndUser(cluster, { name: 'test', token: 'own-token' });
  return config;
}

it('reads the label of the node', async () => {
  answer = { status: 200, labels: { 'topology.kubernetes.io/region': 'eu-west-1' } };

  expect(await readNodeRegion(toServer(), 'node-1', signal)).toBe('eu-west-1');
  expect(seen).toEqual(['GET /api/v1/nodes/node-1']);
});

it.for([{}, undefined, { 'topology.kubernetes.io/region': '' }])('finds none in the labels %j', async (labels) => {
  answer = { status: 200, ...(labels && { labels }) };

  expect(await readNodeRegion(toServer(), 'node-1', signal)).toBeUndefined();
});

it('rejects when the API server refuses', async () => {
  answer = { status: 403 };

  await expect(readNodeRegion(toServer(), 'node-1', signal)).rejects.toThrow('403');
});

it('ends with the signal', async () => {
  answer = { status: 200 };

  await expect(readNodeRegion(toServer(), 'node-1', AbortSignal.abort())).rejects.toThrow('aborted');
});
