import { describe, expect } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { failureOf, it as base } from '../../../test/fakes/kube-client-under-test.ts';
import type { WatchEvent, WatchOptions } from './api-client.ts';
import { resources } from '../objects.ts';

const { secrets, syncs } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };

const it = base.extend('options', ({ kube }): WatchOptions => {
  return { signal, resourceVersion: String(kube.store.version), timeoutSeconds: 300, idleLimitMs: 60_000 };
});

function describeEvent(event: WatchEvent): string {
  return event.type === 'ERROR' ? `ERROR ${event.code}` : `${event.type} ${event.object.metadata.name}`;
}

describe('a watch of the API server', () => {
  it('tells what happened since the version, and what happens', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db });
    const events = client.watch(secrets, options)[Symbol.asyncIterator]();

    expect(await events.next()).toMatchObject({ value: { type: 'ADDED', object: { metadata: db } } });
    kube.put(secrets, { metadata: { ...db, labels: { a: 'b' } } });
    expect(await events.next()).toMatchObject({ value: { type: 'MODIFIED' } });
    kube.remove(secrets, 'shop', 'db');
    expect(await events.next()).toMatchObject({ value: { type: 'DELETED' } });
    kube.watches.bookmark();
    expect(await events.next()).toMatchObject({
      value: { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(kube.store.version) } } },
    });
    kube.watches.end();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('asks for bookmarks, an end, and metadata alone where that is enough', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db, data: { a: 'YQ==' } });
    const watched = client.watch(secrets, {
      ...options,
      namespace: 'shop',
      labelSelector: '!x',
      metadataOnly: true,
    });
    const first = await watched[Symbol.asyncIterator]().next();

    expect(first.value).toMatchObject({ object: { kind: 'PartialObjectMetadata' } });
    expect(first.value).not.toHaveProperty('object.data');
    const [request] = kube.requests;
    expect(request).toMatchObject({ verb: 'watch', namespace: 'shop' });
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      labelSelector: '!x',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: '300',
    });
    // The form of a list makes the API server send nothing at all.
    expect(request?.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
  });

  it('tells by an event that the version is too old', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db });
    kube.compact();

    const events = await Array.fromAsync(client.watch(secrets, options));

    expect(events.map(describeEvent)).toEqual(['ERROR 410']);
  });

  it('tells by its answer that the version is too old', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db });
    kube.compact();
    kube.goneAs = 'status';

    await expect(Array.fromAsync(client.watch(secrets, options))).rejects.toMatchObject({ code: 'KUBE_GONE' });
  });

  it('says what is not permitted or not there', async ({ kube, client, options }) => {
    kube.forbid({ plural: 'secrets' });
    kube.served.delete('lockstep.dev/secretproviderclasssyncs');

    await expect(Array.fromAsync(client.watch(secrets, options))).rejects.toMatchObject({
      code: 'KUBE_FORBIDDEN',
      message: expect.stringContaining('lockstep may not watch secrets in all namespaces ('),
    });
    await expect(Array.fromAsync(client.watch(syncs, options))).rejects.toMatchObject({ code: 'KUBE_NOT_FOUND' });
  });

  it('says that the connection broke', async ({ kube, client, options }) => {
    const events = client.watch(secrets, options)[Symbol.asyncIterator]();
    kube.put(secrets, { metadata: db });
    await events.next();

    kube.watches.cut();

    await expect(events.next()).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('watch secrets in all namespaces: no connection to the API server (ECONNRESET)'),
    });
  });

  it('ends when half of the connection is dead', async ({ kube, under, options }) => {
    const clock = new FakeClock();
    const own = under.createClient({ clock });
    const events = own.watch(secrets, options)[Symbol.asyncIterator]();
    kube.put(secrets, { metadata: db });
    await events.next();
    kube.watches.freeze();
    kube.remove(secrets, 'shop', 'db');
    const failed = failureOf(events.next());

    await clock.advance(60_000);

    expect(await failed).toMatchObject({ code: 'KUBE_TIMEOUT' });
    await expect.poll(() => kube.watches.count).toBe(0);
  });

  it('does not wait for ever to begin', async ({ kube, under, options }) => {
    const clock = new FakeClock();
    const own = under.createClient({ clock });
    const arrived = Promise.withResolvers<void>();
    kube.script({}, () => {
      arrived.resolve();
      return 'hang';
    });
    const failed = failureOf(Array.fromAsync(own.watch(secrets, options)));
    await arrived.promise;

    await clock.advance(30_000);

    expect(await failed).toMatchObject({ code: 'KUBE_TIMEOUT' });
  });

  it('goes on beyond the time of a call', async ({ kube, under, options }) => {
    const clock = new FakeClock();
    const own = under.createClient({ clock });
    const events = own.watch(secrets, options)[Symbol.asyncIterator]();
    kube.put(secrets, { metadata: db });
    await events.next();

    await clock.advance(290_000);
    kube.remove(secrets, 'shop', 'db');

    expect(await events.next()).toMatchObject({ value: { type: 'DELETED' } });
  });

  it('ends with its caller, for its reason', async ({ kube, client, options }) => {
    const cancel = new AbortController();
    const events = client.watch(secrets, { ...options, signal: cancel.signal })[Symbol.asyncIterator]();
    kube.put(secrets, { metadata: db });
    await events.next();
    const failed = failureOf(events.next());

    cancel.abort(new Error('enough'));

    expect(await failed).toMatchObject({ message: 'enough' });
    await expect.poll(() => kube.watches.count).toBe(0);
  });

  it('ends when nobody reads any more, and when the client is closed', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db });
    for await (const _event of client.watch(secrets, options)) break;
    await expect.poll(() => kube.watches.count).toBe(0);
    const events = client.watch(secrets, options)[Symbol.asyncIterator]();
    await events.next();
    const failed = failureOf(events.next());

    await client.close();

    expect(await failed).toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('takes no connection away from the calls', async ({ kube, client, options }) => {
    kube.put(secrets, { metadata: db });
    const watches = Array.from({ length: 70 }, () => client.watch(secrets, options)[Symbol.asyncIterator]());
    await Promise.all(watches.map((events) => events.next()));

    expect(kube.watches.count).toBe(70);
    expect(await client.get(secrets, db, { signal })).toBeDefined();
  });

  it('reads characters whole that arrive in halves', async ({ kube, client, options }) => {
    const events = client.watch(secrets, options)[Symbol.asyncIterator]();
    kube.put(secrets, { metadata: db });
    await events.next();
    const line = Buffer.from(
      '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"1","resourceVersion":"1","labels":{"a":"🙂"}}}}\n',
    );
    const middle = line.indexOf('🙂') + 2;
    const next = events.next();

    kube.watches.send(line.subarray(0, middle));
    await new Promise(setImmediate);
    kube.watches.send(line.subarray(middle));

    expect(await next).toMatchObject({ value: { object: { metadata: { labels: { a: '🙂' } } } } });
  });
});
