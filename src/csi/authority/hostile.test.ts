import fc from 'fast-check';
import { expect } from 'vitest';

import { afterSettings, it, preface, requestFrame } from '../../../test/fakes/http-front.ts';
import { encodeFrame, flag, frameType, maxFrameBytes } from './frames.ts';

it.for([
  ['no HTTP/2 at all', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  [
    'a frame that is too large',
    Buffer.concat([Buffer.from(preface), Buffer.from([0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 1])]),
  ],
  ['an index that does not exist', headers(Buffer.from([0xff, 0x7f]))],
  [
    'a CONTINUATION of nothing',
    afterSettings(encodeFrame({ type: 9, flags: flag.endHeaders, streamId: 1, payload: Buffer.alloc(0) })),
  ],
  ['padding longer than the frame', headers(Buffer.from([9, 0]), flag.endHeaders | flag.padded)],
  ['a table that is too large', headers(Buffer.from([0x3f, 0xe2, 0x1f]))],
  ['a string that ends early', headers(Buffer.from([0x40, 5, 0x78]))],
  ['a Huffman string that holds EOS', headers(Buffer.from([0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0]))],
  ['endless continuations', endlessContinuations()],
  ['a small block that stands for much', headerBomb()],
] as const)('a connection ends when it sends %s, and that is said once', async ([, bytes], { front }) => {
  const client = await front.raw(bytes);

  await client.closed;

  expect(front.refusals).toHaveLength(1);
  expect(front.accepted).toEqual([]);
});

it('a connection that turns bad after its first request ends, and that is said once', async ({ front }) => {
  const client = await front.raw();
  client.write(requestFrame([[':authority', '/not/one']]));
  await client.until('pong');

  client.write(
    encodeFrame({ type: frameType.headers, flags: flag.endHeaders, streamId: 3, payload: Buffer.from([0xff, 0x7f]) }),
  );
  await client.closed;

  expect(front.refusals).toHaveLength(1);
});

it('whatever bytes follow the preface, the next connection is served', async ({ front }) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), async (bytes, settled) => {
      const client = await front.raw(Buffer.concat([settled ? afterSettings() : Buffer.from(preface), bytes]));
      client.end();
      await client.closed;
    }),
    { numRuns: 300 },
  );

  const client = await front.raw();
  client.write(requestFrame([[':authority', 'localhost']]));

  await expect(client.until('pong')).resolves.toContain('pong');
  client.end();
});

function headers(payload: Buffer, flags: number = flag.endHeaders): Buffer {
  return afterSettings(encodeFrame({ type: frameType.headers, flags, streamId: 1, payload }));
}

function endlessContinuations(): Buffer {
  const part = (type: number) => encodeFrame({ type, flags: 0, streamId: 1, payload: Buffer.alloc(maxFrameBytes) });
  return afterSettings(part(frameType.headers), ...Array.from({ length: 10 }, () => part(frameType.continuation)));
}

/** One long field put into the dynamic table, then named a thousand times. */
function headerBomb(): Buffer {
  const insert = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xe9, 0x06]), Buffer.alloc(1000, 'v')]);
  return headers(Buffer.concat([insert, Buffer.alloc(1000, 0xbe)]));
}
