import { beforeEach, describe, expect, it } from 'vitest';

import { createReplica, type Replica } from '../../../test/fakes/replica.ts';
import { ScriptedKubeWrites } from '../../../test/fakes/scripted-kube-writes.ts';
import type { ApiClient } from '../client/api-client.ts';
import { fence } from './fence.ts';
import { type KubeObject, resources } from '../objects.ts';

const { signal } = new AbortController();
const name = { namespace: 'shop', name: 'db' };
const metadata = { ...name, uid: 'u', resourceVersion: '1' };
const object: KubeObject = { metadata };

const writes: readonly (readonly [string, (client: ApiClient, signal: AbortSignal) => Promise<unknown>])[] = [
  ['apply secrets shop/db', (client, own) => client.apply(resources.secrets, object, { signal: own, force: true })],
  ['create secrets shop/db', (client, own) => client.create(resources.secrets, object, { signal: own })],
  ['update secrets shop/db', (client, own) => client.update(resources.secrets, object, { signal: own })],
  ['patch secrets shop/db', (client, own) => client.patch(resources.secrets, name, {}, { signal: own })],
  [
    'delete secrets shop/db',
    (client, own) => client.delete(resources.secrets, name, { signal: own, preconditions: { uid: 'u' } }),
  ],
  [
    'create serviceaccounts shop/db token',
    (client, own) => client.createSubresource(resources.serviceAccounts, name, 'token', { signal: own, body: {} }),
  ],
];

let server: ScriptedKubeWrites;
let replica: Replica;
let fenced: ApiClient;

beforeEach(() => {
  server = new ScriptedKubeWrites();
  replica = createReplica('one');
  fenced = fence(server, replica.election);
});

async function lead(): Promise<void> {
  await replica.start();
  await replica.clock.advance(0);
}

describe.for(writes)('%s', ([what, write]) => {
  it('is not sent by a replica that does not lead yet', async () => {
    await expect(write(fenced, signal)).rejects.toMatchObject({
      code: 'NOT_LEADER',
      message: expect.stringContaining('not sent, because this replica does not lead; the leader goes on'),
    });
    expect(server.calls).toEqual([]);
  });

  it('is sent by the leader', async () => {
    await lead();
    await write(fenced, signal).catch(() => undefined);

    expect(server.asked).toEqual([what]);
  });

  it('is not sent by a leader that wakes up from a freeze', async () => {
    await lead();
    replica.clock.freeze(10_000);

    await expect(write(fenced, signal)).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(server.calls).toEqual([]);
  });

  it('is aborted when the term ends', async () => {
    await lead();
    server.before = () => new Promise(() => {});
    const written = write(fenced, signal);

    await Promise.all([expect(written).rejects.toMatchObject({ code: 'NOT_LEADER' }), replica.stop()]);
  });

  it('is ended by the caller with the reason of the caller', async () => {
    await lead();
    server.before = () => new Promise(() => {});
    const caller = new AbortController();
    const written = write(fenced, caller.signal);
    caller.abort(new Error('changed my mind'));

    await expect(written).rejects.toThrow('changed my mind');
  });
});

it('the next term writes again', async () => {
  await lead();
  replica.clock.freeze(10_000);
  await expect(writes[0]?.[1](fenced, signal)).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await replica.clock.advance(3_000);
  await writes[0]?.[1](fenced, signal);

  expect(replica.terms).toHaveLength(2);
  expect(server.asked).toEqual(['apply secrets shop/db']);
});

it('reads need no leader', async () => {
  server.put(resources.secrets, object);

  expect(await fenced.get(resources.secrets, name, { signal })).toMatchObject({ metadata: name });
  expect(await fenced.list(resources.secrets, { signal })).toMatchObject({ items: [] });
  const watch = { resourceVersion: '1', timeoutSeconds: 1, idleLimitMs: 1000, signal };
  expect(await Array.fromAsync(fenced.watch(resources.secrets, watch))).toEqual([]);
});
