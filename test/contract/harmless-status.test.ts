/**
 * CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED and UNAVAILABLE on a first mount can leave a pod running
 * with an empty volume. Each case is something at which a gRPC server would answer one of them.
 */
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { SecretError } from '../../src/core/errors.ts';
import { MountRequest } from '../../src/gen/v1alpha1/service.ts';
import { FakeClock } from '../fakes/clock.ts';
import { frame, mountRequest, RawClient } from '../fakes/driver-client.ts';
import { type ProviderOptions, startProvider } from '../fakes/provider-under-test.ts';
import { resolverUnderTest } from '../fakes/resolver-under-test.ts';

const invalidArgument = 3;
const unknown = 2;
const internal = 13;

/** A store that never answers, behind a resolver that does not look at the signal. */
const hang: NonNullable<ProviderOptions['resolve']> = () => Promise.withResolvers<never>().promise;

describe('deadlines', () => {
  it.for(['1m', '1n', '0S', '20m'])('answers UNKNOWN within a grpc-timeout of %s', async (timeout) => {
    await using provider = await startProvider({ resolve: hang });
    using client = new RawClient(provider.path);

    const answer = await client.mount(mountRequest({}), { 'grpc-timeout': timeout });

    expect(answer).toMatchObject({ httpStatus: 200, grpcStatus: unknown, rstCode: 0 });
    expect(answer.grpcMessage).toMatch(/^MOUNT_DEADLINE: the mount did not finish within \d+ms/);
  });

  it.for(['soon', '1', '123456789S', '-1S', '1 S'])(
    'serves a call with the malformed grpc-timeout %j',
    async (timeout) => {
      await using provider = await startProvider();
      using client = new RawClient(provider.path);

      expect(await client.mount(mountRequest({}), { 'grpc-timeout': timeout })).toMatchObject({ grpcStatus: 0 });
    },
  );

  it('has its own limit, and says what the time was spent on', async () => {
    const clock = new FakeClock();
    const asked = Promise.withResolvers<void>();
    await using provider = await startProvider({
      clock,
      resolve: () => {
        asked.resolve();
        return Promise.withResolvers<never>().promise;
      },
    });
    using client = new RawClient(provider.path);

    const answering = client.mount(mountRequest({ parameters: { objectA: '' } }), { 'grpc-timeout': '119900m' });
    await asked.promise;
    await clock.advance(100_000);

    expect(await answering).toMatchObject({
      grpcStatus: unknown,
      grpcMessage:
        'MOUNT_DEADLINE: the mount did not finish within 100s; it waited for "objectA" from http://127.0.0.1:8200; ' +
        'check that it is reachable from the node and not overloaded',
    });
  });

  it('gives a volume what it had when the time of its caller ends before the store answers', async () => {
    const { clock, backend, resolver } = resolverUnderTest();
    await using provider = await startProvider({ clock, resolve: (...given) => resolver.resolve(...given) });
    using client = new RawClient(provider.path);
    expect(await client.mount(mountRequest({}))).toMatchObject({ grpcStatus: 0 });
    await clock.advance(75_000);
    backend.holds = { fetches: true };

    const answering = client.mount(mountRequest({}), { 'grpc-timeout': '5S' });
    await expect.poll(() => backend.fetches).toHaveLength(2);
    await clock.advance(4000);

    expect(await answering).toMatchObject({ grpcStatus: 0 });
    const starting = client.mount(mountRequest({ pod: 'starting' }), { 'grpc-timeout': '5S' });
    await expect.poll(() => backend.fetches).toHaveLength(3);
    await clock.advance(4000);
    const { grpcStatus, grpcMessage } = await starting;
    expect(grpcStatus).toBe(unknown);
    expect(grpcMessage).toMatch(
      /^MOUNT_DEADLINE: "password": http:\/\/127\.0\.0\.1:8200 did not answer in time; check /,
    );
  });

  it('answers a caller that never sends its request', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open(undefined, { 'grpc-timeout': '20m' });

    expect(await call.answer).toMatchObject({ grpcStatus: unknown, rstCode: 0 });
  });
});

describe('requests that are too large or no requests', () => {
  const tooLarge = { httpStatus: 200, grpcStatus: invalidArgument, rstCode: 0 };

  it('refuses 5 MiB', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const answer = await client.mount(mountRequest({ parameters: { big: 'x'.repeat(5 * 1024 * 1024) } }));

    expect(answer).toMatchObject(tooLarge);
    expect(answer.grpcMessage).toMatch(/^REQUEST_INVALID: the request is larger than 4194304 bytes/);
  });

  it('refuses by the announced size', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open();
    call.stream.end(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));

    expect(await call.answer).toMatchObject(tooLarge);
  });

  it('refuses what grows too large when it is decompressed', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open(undefined, { 'grpc-encoding': 'gzip' });
    const bomb = frame(gzipSync(Buffer.alloc(50_000_000)));
    bomb.writeUInt8(1, 0);
    call.stream.end(bomb);

    expect(await call.answer).toMatchObject(tooLarge);
  });

  it.for([
    ['no protobuf', frame(Buffer.from('{"attributes":{}}')), invalidArgument],
    ['a length past the end', frame(Buffer.from([0x0a, 0x7f])), invalidArgument],
    ['an empty message', frame(Buffer.alloc(0)), invalidArgument],
    ['two messages', Buffer.concat([validFrame(), validFrame()]), 12],
    ['nothing', Buffer.alloc(0), 12],
  ] as const)('refuses %s', async ([, bytes, grpcStatus]) => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open();
    call.stream.end(bytes);

    expect(await call.answer).toMatchObject({ grpcStatus, rstCode: 0 });
  });

  it('answers UNIMPLEMENTED to another method, and goes on', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open('/v1alpha1.CSIDriverProvider/Unmount');
    call.stream.end(validFrame());

    expect(await call.answer).toMatchObject({ grpcStatus: 12, rstCode: 0 });
    expect(await client.mount(mountRequest({}))).toMatchObject({ grpcStatus: 0 });
  });
});

describe('crashes', () => {
  const crash = (): never => {
    throw new TypeError('secret-value is not a function');
  };

  it.for([
    ['while planning', { plan: crash }],
    ['at once in the resolver', { resolve: crash }],
    ['later in the resolver', { resolve: async () => crash() }],
  ] as const satisfies [string, ProviderOptions][])('answer INTERNAL: %s', async ([, options]) => {
    await using provider = await startProvider(options);
    using client = new RawClient(provider.path);

    const answer = await client.mount(mountRequest({}));

    expect(answer).toMatchObject({ grpcStatus: internal, rstCode: 0 });
    expect(answer.grpcMessage).toBe('INTERNAL: lockstep failed internally; the log of the daemon has the details');
  });

  it('do not come from a message that is half of a surrogate pair', async () => {
    const resolve = () => Promise.reject(new SecretError('VAULT_DENIED', 'object "\ud800\n%41"'));
    await using provider = await startProvider({ resolve });
    using client = new RawClient(provider.path);

    expect(await client.mount(mountRequest({}))).toMatchObject({
      grpcStatus: 7,
      grpcMessage: 'VAULT_DENIED: object "\ufffd\n%41"',
    });
  });
});

function validFrame(): Buffer {
  return frame(Buffer.from(MountRequest.encode(mountRequest({})).finish()));
}
