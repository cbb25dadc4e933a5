import { describe, expect } from 'vitest';

import { failureOf, it } from '../../../test/fakes/kube-client-under-test.ts';
import { SecretError } from '../../core/errors.ts';
import { resources } from '../objects.ts';

const { secrets } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };

describe('the client', () => {
  it('keeps its connections', async ({ kube, client }) => {
    for (let call = 0; call < 20; call++) await client.get(secrets, db, { signal });

    expect(kube.listener.connections).toBe(1);
  });

  it('has a bound for its connections', async ({ kube, client }) => {
    const release = Promise.withResolvers<undefined>();
    let arrived = 0;
    kube.script({}, () => {
      if (++arrived === 64) release.resolve(undefined);
      return release.promise;
    });

    await Promise.all(Array.from({ length: 100 }, () => client.get(secrets, db, { signal })));

    expect(kube.requests).toHaveLength(100);
    expect(kube.listener.connections).toBe(64);
  });

  it('finds a server behind a path', async ({ kube, under }) => {
    const behind = under.createClient({
      config: kube.configWith({}, { server: `${kube.listener.address}/clusters/c1/`, skipTLSVerify: true }),
    });

    await expect(behind.list(secrets, { signal })).rejects.toMatchObject({ code: 'KUBE_NOT_FOUND' });
    expect(kube.unknownUrls).toEqual(['/clusters/c1/api/v1/secrets']);
  });

  it('ends what is under way when it is closed, and sends nothing more', async ({ kube, client }) => {
    const arrived = Promise.withResolvers<void>();
    kube.script({}, () => {
      arrived.resolve();
      return 'hang';
    });
    const waiting = client.get(secrets, db, { signal });
    const failed = failureOf(waiting);
    await arrived.promise;

    await client.close();

    expect(await failed).toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(client.get(secrets, db, { signal })).rejects.toBeInstanceOf(SecretError);
    expect(kube.requests).toHaveLength(1);
  });

  it.for([
    [{ server: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1 has no TLS'],
    [{ server: 'ftp://x/' }, 'has no TLS'],
    [{ server: 'nowhere' }, 'names no API server'],
  ] as const)('is not made for %j', ([cluster, message], { kube, under }) => {
    expect(() => under.createClient({ config: kube.configWith({}, cluster) })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
