/** Clients that do not keep to the rules. Whatever they send, the process lives and the next mount is served. */
import { createConnection } from 'node:net';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MountRequest } from '../../src/gen/v1alpha1/service.ts';
import { DriverClient, frame, mountRequest, RawClient } from '../fakes/driver-client.ts';
import { type ProviderUnderTest, startProvider } from '../fakes/provider-under-test.ts';

const mountPath = '/v1alpha1.CSIDriverProvider/Mount';
const unsupportedMediaType = 415;

describe('streams', () => {
  it.for(['GET', 'HEAD', 'PUT', 'OPTIONS'])('with method %s harm nobody', async (method) => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open(mountPath, { ':method': method });
    call.stream.end(validFrame());
    await call.answer;

    expect(await isServing(provider)).toBe(true);
  });

  it('of another content type are told so', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open(mountPath, { 'content-type': 'application/json' });
    call.stream.end('{}');

    expect(await call.answer).toMatchObject({ httpStatus: unsupportedMediaType, rstCode: 0 });
  });

  it('that end with their headers are answered', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const call = client.open();
    call.stream.end();

    expect(await call.answer).toMatchObject({ grpcStatus: 12 });
  });

  it.for([
    ['a call', mountPath, 'application/grpc'],
    ['an unknown method', '/other', 'application/grpc'],
    ['another content type', mountPath, 'text/plain'],
  ] as const)('may be reset at once: %s', async ([, path, contentType]) => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    for (let index = 0; index < 100; index++) client.open(path, { 'content-type': contentType }).stream.close(8);
    await Promise.all(Array.from({ length: 100 }, () => resetAfterSending(client, path)));

    expect(await isServing(provider)).toBe(true);
  });

  it('may bring headers that mean something to us', async () => {
    await using provider = await startProvider();
    using client = new RawClient(provider.path);

    const answer = await client.mount(mountRequest({}), {
      'lockstep-call': '0',
      'x-bin': '!',
      'grpc-encoding': 'identity',
    });

    expect(answer).toMatchObject({ grpcStatus: 0 });
  });
});

describe('connections', () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

  it('may send any frames', async () => {
    await using provider = await startProvider();
    const anyFrame = fc
      .record({
        type: fc.integer({ min: 0, max: 12 }),
        flags: fc.constantFrom(0, 1, 4, 5, 8, 32, 255),
        stream: fc.constantFrom(0, 1, 2, 3, 5, 0x7f_ff_ff_ff),
        payload: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ type, flags, stream, payload }) => http2Frame({ type, flags, stream, payload }));
    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { maxLength: 20 }), fc.boolean(), async (frames, isHttp2) => {
        await sendAndLeave(provider.path, Buffer.concat([...(isHttp2 ? [preface, settings] : []), ...frames]));
      }),
      { numRuns: 150 },
    );

    expect(await isServing(provider)).toBe(true);
  });

  it('may break off anywhere in a call', async () => {
    await using provider = await startProvider();
    const message = validFrame();

    for (let length = 0; length < message.byteLength; length += 37) {
      using client = new RawClient(provider.path);
      const { stream } = client.open();
      stream.write(message.subarray(0, length));
      await new Promise((resolve) => client.session.once('remoteSettings', resolve));
    }

    expect(await isServing(provider)).toBe(true);
  });
});

function validFrame(): Buffer {
  return frame(Buffer.from(MountRequest.encode(mountRequest({})).finish()));
}

async function resetAfterSending(client: RawClient, path: string): Promise<void> {
  const call = client.open(path);
  call.stream.end(validFrame(), () => call.stream.close(8));
  await call.answer;
}

async function isServing({ path }: ProviderUnderTest): Promise<boolean> {
  using driver = new DriverClient(path);
  return (await driver.mount(mountRequest({}))).ok;
}

function http2Frame(given: { type: number; flags: number; stream: number; payload: Uint8Array }): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(given.payload.byteLength, 0, 3);
  head.writeUInt8(given.type, 3);
  head.writeUInt8(given.flags, 4);
  head.writeUInt32BE(given.stream, 5);
  return Buffer.concat([head, given.payload]);
}

async function sendAndLeave(path: string, bytes: Buffer): Promise<void> {
  const socket = createConnection(path);
  socket.on('error', () => {}); // the other side may have had enough
  socket.resume();
  socket.end(bytes);
  await new Promise<void>((resolve) => void socket.once('close', () => resolve()));
}
