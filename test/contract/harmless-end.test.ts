/** The other half of harmless-status.test.ts: the end of the provider, overload, and callers that go away. */
import { describe, expect, it } from 'vitest';

import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { MountRequest } from '../../src/gen/v1alpha1/service.ts';
import { frame, mountRequest, type RawAnswer, RawClient } from '../fakes/driver-client.ts';
import { type ProviderOptions, resolveAll, resolvedObject, startProvider } from '../fakes/provider-under-test.ts';

const unknown = 2;

describe('the end of the provider', () => {
  it('finishes what is in flight, and sends the driver away without an error', async () => {
    const { gate, resolve, asked } = gatedResolver();
    await using provider = await startProvider({ resolve });
    using client = new RawClient(provider.path);

    const answering = client.mount(mountRequest({}));
    await asked;
    const stopped = provider.server.stop();
    gate.resolve();

    expect(await answering).toMatchObject({ grpcStatus: 0, rstCode: 0 });
    await stopped;
    expect(new Set(client.goaways)).toEqual(new Set([0]));
    expect(provider.log).toContainEqual(expect.objectContaining({ msg: 'stopping', mounts: 1 }));
  });

  it('answers calls that came while it was stopping, or leaves them unseen', async () => {
    const { gate, resolve, asked } = gatedResolver();
    await using provider = await startProvider({ resolve });
    using client = new RawClient(provider.path);
    const first = client.mount(mountRequest({}));
    await asked;

    const stopped = provider.server.stop();
    const late = client.mount(mountRequest({ pod: 'late' }));
    gate.resolve();

    expect(await first).toMatchObject({ grpcStatus: 0 });
    await stopped;
    expect(isHarmless(await late)).toBe(true);
  });

  it('answers UNKNOWN to everything that is open when it is forced', async () => {
    const { resolve, asked } = gatedResolver();
    await using provider = await startProvider({ resolve, options: { maxMounts: 1 } });
    using client = new RawClient(provider.path);
    const working = client.mount(mountRequest({}));
    await asked;
    const waiting = client.mount(mountRequest({ pod: 'two' }));
    const sending = client.open();
    sending.stream.write(validFrame().subarray(0, 20));
    const silent = client.open();
    await expect.poll(async () => (await provider.metrics.mountsWaiting.get()).values[0]?.value).toBe(1);

    provider.server.force();
    const answers = await Promise.all([working, waiting, sending.answer, silent.answer]);
    await provider.server.stop();

    for (const answer of answers) {
      expect(answer).toMatchObject({ httpStatus: 200, grpcStatus: unknown, rstCode: 0 });
      expect(answer.grpcMessage).toMatch(/^SHUTTING_DOWN: /);
    }
    expect(client.goaways.filter((code) => code !== 0)).toEqual([]);
  });

  it('does not wait for a caller that does not read its answer', async () => {
    const contents = SecretBytes.from(Buffer.alloc(3_000_000));
    const resolve = async () => ({ objects: [resolvedObject({ name: 'big', contents })], failures: [] });
    await using provider = await startProvider({ resolve });
    using client = new RawClient(provider.path);
    const call = client.open();
    call.stream.end(validFrame());
    await new Promise((answered) => call.stream.once('response', answered));
    call.stream.pause();

    provider.server.force();
    await provider.server.stop();

    // INTERNAL_ERROR: the driver reads it as INTERNAL, and kubelet tries again.
    call.stream.resume();
    expect(await call.answer).toMatchObject({ grpcStatus: undefined, rstCode: 2 });
  });
});

describe('overload', () => {
  it('answers UNKNOWN beyond the bounds and refuses no stream', async () => {
    const { gate, resolve } = gatedResolver();
    await using provider = await startProvider({ resolve, options: { maxMounts: 4, maxWaiting: 100 } });
    using client = new RawClient(provider.path);

    const answering = Array.from({ length: 1000 }, (_, index) => client.mount(mountRequest({ pod: `pod-${index}` })));
    await expect
      .poll(
        async () => (await provider.metrics.mounts.get()).values.find((v) => v.labels.outcome === 'MOUNT_BUSY')?.value,
      )
      .toBe(896);
    gate.resolve();
    const answers = await Promise.all(answering);

    expect(answers.filter(({ grpcStatus }) => grpcStatus === 0)).toHaveLength(104);
    expect(answers.filter(({ grpcStatus }) => grpcStatus === unknown)).toHaveLength(896);
    expect(answers.filter(({ rstCode }) => rstCode !== 0)).toEqual([]);
    expect(client.goaways).toEqual([]);
  });

  it('bounds the bytes of requests that are held', async () => {
    const { gate, resolve, asked } = gatedResolver();
    await using provider = await startProvider({ resolve, options: { maxBytes: 3_000_000 } });
    using client = new RawClient(provider.path);
    const big = (pod: string): MountRequest => mountRequest({ pod, parameters: { big: 'x'.repeat(2_000_000) } });

    const first = client.mount(big('one'));
    await asked;
    const second = await client.mount(big('two'));
    gate.resolve();

    expect(second).toMatchObject({ grpcStatus: unknown, rstCode: 0 });
    expect(second.grpcMessage).toMatch(/^MOUNT_BUSY: /);
    expect(await first).toMatchObject({ grpcStatus: 0 });
    expect(await client.mount(big('three'))).toMatchObject({ grpcStatus: 0 });
  });

  it('bounds the bytes of replies', async () => {
    await using provider = await startProvider({ options: { maxBytes: 1000 } });
    using client = new RawClient(provider.path);

    const parameters = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`object${index}`, '']));

    expect(await client.mount(mountRequest({ parameters }))).toMatchObject({ grpcStatus: unknown });
  });
});

describe('callers that go away', () => {
  it('abort the work, and the next call is served', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<void>();
    await using provider = await startProvider({
      resolve: (plan, options) => {
        if (plan.caller.pod?.name !== 'gone') return resolveAll(plan);
        options.signal.addEventListener('abort', () => aborted.resolve(options.signal.reason));
        asked.resolve();
        return Promise.withResolvers<never>().promise;
      },
    });
    using client = new RawClient(provider.path);
    const call = client.open();
    call.stream.end(frame(Buffer.from(MountRequest.encode(mountRequest({ pod: 'gone' })).finish())));
    await asked.promise;

    call.stream.close(8);

    expect(await aborted.promise).toMatchObject({ code: 'MOUNT_CANCELLED' });
    expect(await client.mount(mountRequest({}))).toMatchObject({ grpcStatus: 0 });
  });

  it('may do so five hundred times on one connection', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    for (let index = 0; index < 500; index++) client.open().stream.close(8);

    expect(await client.mount(mountRequest({}))).toMatchObject({ grpcStatus: 0 });
  });
});

function validFrame(): Buffer {
  return frame(Buffer.from(MountRequest.encode(mountRequest({})).finish()));
}

/** Resolves only after the gate, and tells when it was asked first. */
function gatedResolver() {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const resolve: NonNullable<ProviderOptions['resolve']> = async (plan) => {
    asked.resolve();
    await gate.promise;
    return resolveAll(plan);
  };
  return { gate, asked: asked.promise, resolve };
}

/** Served, refused with a status of ours, or above the last stream of the GOAWAY: then the driver asks again elsewhere. */
function isHarmless({ grpcStatus, rstCode }: RawAnswer): boolean {
  if (grpcStatus === undefined) return [0, 7].includes(rstCode);
  return [0, unknown].includes(grpcStatus);
}
