import fc from 'fast-check';
import { describe, expect } from 'vitest';

import { ask, driverAuthority, it, requestFields, requestFrame } from '../../../test/fakes/http-front.ts';
import { encodeFrame, flag, frameType } from './frames.ts';
import { encodeLiterals } from './hpack-encoder.ts';

describe('a client', () => {
  it.for([
    ['localhost', 'socket', 'localhost'],
    ['vault.example:8200', 'socket', 'vault.example:8200'],
    ['%2Fvar%2Frun%2Fvault.sock', 'socket', '%2Fvar%2Frun%2Fvault.sock'],
    ['[::1]:80', 'socket', '[::1]:80'],
    [driverAuthority, 'view', 'localhost'],
    ['a b', 'view', 'localhost'],
    ['', 'view', 'localhost'],
  ] as const)(
    'with the authority "%s" gets the %s, and the server sees "%s"',
    async ([authority, kind, expected], { front }) => {
      const client = await front.raw();

      client.write(requestFrame([[':authority', authority]]));

      await expect(client.until('pong')).resolves.toContain('pong');
      expect(front.accepted).toEqual([kind]);
      expect(front.seen[0]?.headers[':authority']).toBe(expected);
      client.end();
    },
  );

  it('without an authority gets one', async ({ front }) => {
    const client = await front.raw();

    client.write(requestFrame([]));
    await client.until('pong');

    expect(front.seen[0]?.headers[':authority']).toBe('localhost');
    client.end();
  });

  it('that pings before its first request is answered', async ({ front }) => {
    const client = await front.raw();

    client.write(encodeFrame({ type: frameType.ping, flags: 0, streamId: 0, payload: Buffer.from('12345678') }));

    await expect(client.until('12345678')).resolves.toContain('12345678');
    client.end();
  });

  it('may use table size updates, padding, priority and trailers', async ({ front }) => {
    const client = await front.raw();
    const block = encodeLiterals(
      requestFields([
        [':authority', driverAuthority],
        ['x-padded', 'yes'],
      ]),
    );
    const shrinkAndGrow = Buffer.from([0x20, 0x3f, 0xe1, 0x1f]);
    const payload = Buffer.concat([Buffer.of(7), Buffer.from([0, 0, 0, 0, 15]), shrinkAndGrow, block, Buffer.alloc(7)]);
    const trailers = encodeLiterals([{ name: 'x-trailer', value: 'last', sensitive: true }]);

    client.write(
      encodeFrame({
        type: frameType.headers,
        flags: flag.endHeaders | flag.padded | flag.priority,
        streamId: 1,
        payload,
      }),
      encodeFrame({ type: 0, flags: 0, streamId: 1, payload: Buffer.from('half') }),
      encodeFrame({ type: frameType.headers, flags: flag.endHeaders | flag.endStream, streamId: 1, payload: trailers }),
    );
    await client.until('pong');

    expect(front.seen[0]).toMatchObject({ headers: { 'x-padded': 'yes', ':authority': 'localhost' }, body: 'half' });
    client.end();
  });
});

describe("Node's own client, with an authority that Node's server refuses", () => {
  it('is served on many streams of one connection, dynamic table and all', async ({ front }) => {
    const client = await front.client();

    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        ask(client, { 'x-number': String(n), 'x-same': 'again and again' }, `body ${n}`),
      ),
    );

    expect(new Set(answers)).toEqual(new Set(['pong']));
    expect(front.accepted).toEqual(['view']);
    expect(
      front.seen.map(({ headers, body }) => [`body ${String(headers['x-number'])}`, body]).filter(([a, b]) => a !== b),
    ).toEqual([]);
    client.close();
  });

  it('may send header blocks larger than a frame', async ({ front }) => {
    const client = await front.client();
    const large = 'v'.repeat(30_000);

    await ask(client, { 'x-large': large, 'x-larger': large.toUpperCase() }, '');

    expect(front.seen[0]?.headers).toMatchObject({ 'x-large': large, 'x-larger': large.toUpperCase() });
    client.close();
  });

  it('may send bodies larger than the flow-control window', async ({ front }) => {
    const client = await front.client();

    await ask(client, {}, 'b'.repeat(400_000));

    expect(front.seen[0]?.body.length).toBe(400_000);
    client.close();
  });

  it('has any headers carried unchanged but for the authority', { timeout: 60_000 }, async ({ front }) => {
    const client = await front.client();
    const name = fc.stringMatching(/^x-[a-z0-9-]{1,20}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/);

    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 12 }), async (headers) => {
        front.seen.length = 0;

        await ask(client, { ...headers }, '');

        const received = front.seen[0]?.headers ?? {};
        expect(received[':authority']).toBe('localhost');
        expect(Object.fromEntries(Object.keys(headers).map((key) => [key, received[key]]))).toEqual({ ...headers });
      }),
      { numRuns: 300 },
    );

    client.close();
  });

  it('has every byte of a Huffman-coded value carried', async ({ front }) => {
    const client = await front.client();
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte >= 0x20 && byte !== 0x7f);

    // The short codes around the byte make the encoder choose Huffman.
    for (const byte of bytes) await ask(client, { 'x-byte': `${'e'.repeat(40)}${String.fromCharCode(byte)}e` }, '');

    expect(front.seen.map(({ headers }) => String(headers['x-byte']).charCodeAt(40))).toEqual(bytes);
    client.close();
  });
});
