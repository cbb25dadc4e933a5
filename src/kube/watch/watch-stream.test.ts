import { Readable } from 'node:stream';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { systemClock } from '../../platform/clock.ts';
import type { ApiCall } from '../client/api-call.ts';
import type { WatchEvent } from '../client/api-client.ts';
import { resources } from '../objects.ts';
import { readWatch } from './watch-stream.ts';

const call: ApiCall = { verb: 'watch', resource: resources.secrets, namespace: 'shop' };
const never = new AbortController().signal;

function event(type: string, name: string) {
  return { type, object: { metadata: { name, namespace: 'shop', uid: '1', resourceVersion: '7' } } };
}

function toLines(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

async function read(chunks: Iterable<Buffer | string>): Promise<WatchEvent[]> {
  const stream = Readable.from([...chunks].map((chunk) => Buffer.from(chunk)));
  return await Array.fromAsync(readWatch(stream, { call, clock: systemClock, idleLimitMs: 60_000, signal: never }));
}

describe('the events of a watch', () => {
  it('are the lines, however the bytes arrive', async () => {
    const events = [event('ADDED', 'a'), event('MODIFIED', 'ü🙂'), event('DELETED', 'c')];
    const bytes = Buffer.from(toLines(...events));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const ends = [...cuts, bytes.length].toSorted((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));

        expect(await read(chunks)).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it('may be none, with empty lines', async () => {
    expect(await read([])).toEqual([]);
    expect(await read(['\n\n'])).toEqual([]);
  });

  it('tell how far the watch is, with a version alone', async () => {
    const bookmark = { type: 'BOOKMARK', object: { kind: 'Secret', metadata: { resourceVersion: '9' } } };

    expect(await read([toLines(bookmark)])).toEqual([bookmark]);
  });

  it('tell why the server gives up', async () => {
    const object = { kind: 'Status', message: 'too old resource\nversion', code: 410 };

    expect(await read([toLines({ type: 'ERROR', object })])).toEqual([
      { type: 'ERROR', code: 410, message: 'too old resource version' },
    ]);
    expect(await read([toLines({ type: 'ERROR', object: null })])).toEqual([{ type: 'ERROR', code: 500, message: '' }]);
  });

  it.for([
    'hidden\n',
    'null\n',
    '[]\n',
    '{"type":"hidden"}\n',
    '{"type":"ADDED"}\n',
    '{"type":"ADDED","object":{"metadata":{"name":"hidden"}}}\n',
    '{"type":"ADDED","object":{"metadata":{"name":1,"uid":"1","resourceVersion":"1"}}}\n',
    '{"type":"BOOKMARK","object":{"metadata":{}}}\n',
    '{"type":"SYNCED","object":{"metadata":{"name":"a","uid":"1","resourceVersion":"1"}}}\n',
  ])('are refused when they are none, without their text: %s', async (line) => {
    const failed = read([toLines(event('ADDED', 'a')), line]);

    await expect(failed).rejects.toMatchObject({
      code: 'KUBE_ANSWER_INVALID',
      message: expect.stringMatching(/^watch secrets in namespace shop: the answer cannot be used: (?!.*hidden)/),
    });
  });

  it('are refused when a line does not end', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);

    await expect(read(Array.from({ length: 17 }, () => megabyte))).rejects.toMatchObject({
      code: 'KUBE_ANSWER_INVALID',
      message: expect.stringContaining('a line is longer than 16777216 bytes'),
    });
  });

  it('do not end in the middle of one', async () => {
    await expect(read([toLines(event('ADDED', 'a')), '{"type"'])).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  });
});

describe('a watch', () => {
  it('is taken for dead when it says nothing for too long', async () => {
    const clock = new FakeClock();
    const stream = new Readable({ read: () => undefined });
    const events = readWatch(stream, { call, clock, idleLimitMs: 45_000, signal: never });
    const first = events.next();
    await clock.advance(44_000);
    stream.push(toLines(event('ADDED', 'a')));
    await first;
    const second = events.next();
    const failed = failureOf(second);

    await clock.advance(44_999);
    expect(stream.destroyed).toBe(false);
    await clock.advance(1);

    expect(await failed).toMatchObject({
      code: 'KUBE_TIMEOUT',
      message: 'watch secrets in namespace shop: no word from the API server for 45 s; it is watched anew',
    });
    expect(stream.destroyed).toBe(true);
  });

  it('is not dead because its reader is slow', async () => {
    const clock = new FakeClock();
    const stream = new Readable({ read: () => undefined });
    const events = readWatch(stream, { call, clock, idleLimitMs: 1000, signal: never });
    stream.push(toLines(event('ADDED', 'a'), event('ADDED', 'b')));
    await events.next();

    await clock.advance(60_000);

    expect(await events.next()).toMatchObject({ value: { type: 'ADDED', object: { metadata: { name: 'b' } } } });
    expect(clock.waiting).toBe(0);
  });

  it('ends with its signal, for its reason, and reads nothing more', async () => {
    const cancel = new AbortController();
    const stream = new Readable({ read: () => undefined });
    const events = readWatch(stream, { call, clock: systemClock, idleLimitMs: 60_000, signal: cancel.signal });
    stream.push(toLines(event('ADDED', 'a'), event('ADDED', 'b')));
    await events.next();

    cancel.abort(new Error('enough'));

    await expect(events.next()).rejects.toThrow('enough');
    expect(stream.destroyed).toBe(true);
  });

  it('ends with its signal while it waits', async () => {
    const cancel = new AbortController();
    const stream = new Readable({ read: () => undefined });
    const events = readWatch(stream, { call, clock: systemClock, idleLimitMs: 60_000, signal: cancel.signal });
    const waiting = events.next();

    cancel.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });

  it('ends its connection when nobody reads any more', async () => {
    const stream = new Readable({ read: () => undefined });
    stream.push(toLines(event('ADDED', 'a')));

    for await (const _event of readWatch(stream, { call, clock: systemClock, idleLimitMs: 60_000, signal: never }))
      break;

    expect(stream.destroyed).toBe(true);
  });
});
