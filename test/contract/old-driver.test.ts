import { describe, expect, it } from 'vitest';

import { DriverClient, frame, mountRequest, oldDriverAuthority, RawClient } from '../fakes/driver-client.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { MountRequest } from '../../src/gen/v1alpha1/service.ts';
import { resolvedObject, startProvider } from '../fakes/provider-under-test.ts';

describe('a driver up to 1.5, which sends the path of the socket as authority', () => {
  it('mounts, many times on one connection', async () => {
    await using provider = await startProvider();
    using driver = new DriverClient(provider.path, oldDriverAuthority);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => driver.mount(mountRequest({ parameters: { [`object${n}`]: '' } }))),
    );

    expect(answers.map((answer) => answer.ok && answer.reply.files.map(({ path }) => path))).toEqual(
      Array.from({ length: 50 }, (_, n) => [`object${n}`]),
    );
  });

  it('gets a reply of megabytes', async () => {
    const contents = SecretBytes.from('x'.repeat(3_000_000));
    await using provider = await startProvider({
      resolve: async () => ({ objects: [resolvedObject({ name: 'large', contents })], failures: [] }),
    });
    using driver = new DriverClient(provider.path, oldDriverAuthority);

    const answer = await driver.mount(mountRequest({}));

    expect(answer.ok && answer.reply.files[0]?.contents.byteLength).toBe(contents.size);
  });

  it('asks for the version', async () => {
    await using provider = await startProvider();
    using driver = new DriverClient(provider.path, oldDriverAuthority);

    expect((await driver.version()).runtimeName).toBe('lockstep');
  });

  it('shows in the log once per connection, as one of 1.6 does not', async () => {
    await using provider = await startProvider();
    using old = new DriverClient(provider.path, oldDriverAuthority);
    using current = new DriverClient(provider.path);

    for (const driver of [old, current, old, current]) await driver.version();

    expect(provider.log.filter(({ msg }) => msg === 'a driver before 1.6 connected')).toEqual([
      expect.objectContaining({ level: 'info', provider: 'vault' }),
    ]);
  });

  it('rotates with what its controller sends: the versions it has, and some attributes less', async () => {
    await using provider = await startProvider();
    using driver = new DriverClient(provider.path, oldDriverAuthority);
    const attributesOfMount = { 'csi.storage.k8s.io/ephemeral': undefined, secretProviderClass: undefined };
    const rotation = mountRequest({ parameters: attributesOfMount, overrides: { secrets: '{}' } });

    const first = await driver.mount(mountRequest({}));
    const versions = first.ok ? first.reply.objectVersion : [];
    const again = await driver.mount({ ...rotation, currentObjectVersion: versions });

    expect(versions).toEqual([{ id: 'password', version: '1' }]);
    expect(again).toEqual(first);
  });

  it('gets a harmless status when its own time is over, as every driver does', async () => {
    await using provider = await startProvider({ resolve: () => new Promise(() => {}) });
    using client = new RawClient(provider.path);

    const { stream, answer } = client.open(undefined, { ':authority': oldDriverAuthority, 'grpc-timeout': '300m' });
    stream.end(frame(Buffer.from(MountRequest.encode(mountRequest({})).finish())));

    expect(await answer).toMatchObject({ grpcStatus: 2, rstCode: 0 });
  });

  it('is answered when the server is forced to stop', async () => {
    const started = Promise.withResolvers<void>();
    const resolve = (): Promise<never> => {
      started.resolve();
      return new Promise(() => {});
    };
    await using provider = await startProvider({ resolve });
    using driver = new DriverClient(provider.path, oldDriverAuthority);

    const answer = driver.mount(mountRequest({}));
    await started.promise;
    provider.server.force();

    expect(await answer).toMatchObject({ ok: false, code: 'UNKNOWN' });
  });
});
