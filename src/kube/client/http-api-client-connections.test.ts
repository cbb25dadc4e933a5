import { createServer } from 'node:net';

import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/kube-client-under-test.ts';
import { resources } from '../objects.ts';

const { secrets, leases, serviceAccounts } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };
const apply = { signal, force: true };

describe('a kept connection that is dead', () => {
  const once = { times: 1 };

  it.for(['get', 'list', 'apply', 'delete'] as const)('is replaced for %s', async (verb, { kube, client, under }) => {
    kube.put(secrets, { metadata: db });
    const { metadata } = (await client.get(secrets, db, { signal })) ?? { metadata: { uid: '' } };
    kube.script({ verb }, 'reset', once);

    const calls = {
      get: () => client.get(secrets, db, { signal }),
      list: () => client.list(secrets, { signal }),
      apply: () => client.apply(secrets, { metadata: db }, apply),
      delete: () => client.delete(secrets, db, { signal, preconditions: { uid: metadata.uid } }),
    };
    await calls[verb]();

    expect(kube.count({ verb })).toBe(verb === 'get' ? 3 : 2);
    expect(kube.listener.connections).toBe(2);
    expect(await under.counted()).toMatchObject({ [`${verb} secrets KUBE_UNREACHABLE`]: 1 });
  });

  it.for(['create', 'update', 'patch', 'token'] as const)(
    'may have carried out a %s already',
    async (verb, { kube, client }) => {
      const lease = await client.create(leases, { metadata: db }, { signal });
      kube.script({}, 'reset', once);

      const calls = {
        create: () => client.create(leases, { metadata: { ...db, name: 'other' } }, { signal }),
        update: () => client.update(leases, lease, { signal }),
        patch: () => client.patch(leases, db, {}, { signal }),
        token: () => client.createSubresource(serviceAccounts, db, 'token', { signal, body: { spec: {} } }),
      };

      await expect(calls[verb]()).rejects.toMatchObject({
        code: 'KUBE_UNREACHABLE',
        message: expect.stringContaining('no connection to the API server (ECONNRESET)'),
      });
      expect(kube.requests).toHaveLength(2);
    },
  );

  it('is no reason to try a third time', async ({ kube, client }) => {
    await client.get(secrets, db, { signal });
    kube.script({}, 'reset');

    await expect(client.get(secrets, db, { signal })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(kube.requests).toHaveLength(3);
  });

  it('is told from a new one that breaks', async ({ kube, client }) => {
    kube.script({}, 'reset');

    await expect(client.get(secrets, db, { signal })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(kube.requests).toHaveLength(1);
  });

  it('takes the others that idle with it when it brings no answer in time', async ({ kube, client }) => {
    await Promise.all(Array.from({ length: 5 }, () => client.get(secrets, db, { signal })));
    const known = kube.listener.connections;
    kube.script({}, 'hang', once);
    const late = new AbortController();
    const call = client.get(secrets, db, { signal: late.signal });
    await expect.poll(() => kube.requests.length).toBe(6);
    late.abort(new DOMException('too late', 'TimeoutError'));
    await expect(call).rejects.toThrow('too late');

    await client.get(secrets, db, { signal });

    expect(kube.listener.connections).toBe(known + 1);
  });

  it('is no trouble when the API server restarts', async ({ kube, client }) => {
    await Promise.all(Array.from({ length: 20 }, () => client.get(secrets, db, { signal })));
    await kube.listener.close();
    await kube.listener.listen();

    await Promise.all(Array.from({ length: 20 }, () => client.get(secrets, db, { signal })));

    expect(kube.requests).toHaveLength(40);
  });

  it('says so when nobody listens', async ({ kube, client }) => {
    await kube.listener.close();

    await expect(client.get(secrets, db, { signal })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  });
});

describe('a server that is no API server', () => {
  it.for([
    ['SSH-2.0-hidden\r\n', 'KUBE_ANSWER_INVALID', 'it is not HTTP (HPE_INVALID_CONSTANT)'],
    ['HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'KUBE_UNREACHABLE', 'ECONNRESET'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"kind":', 'KUBE_UNREACHABLE', 'ECONNRESET'],
    ['HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n', 'KUBE_ANSWER_INVALID', 'answered 302'],
  ] as const)('is told by its answer: %s', async ([answer, code, message], { kube, under }) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const config = kube.configWith({}, { server: `http://127.0.0.1:${port}`, skipTLSVerify: true });
    const other = under.createClient({ config });

    await expect(other.list(secrets, { signal })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    server.close();
  });
});
