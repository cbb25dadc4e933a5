import { beforeEach, describe, expect, it } from 'vitest';

import { createRecorderUnderTest, failed, syncReference, synced } from '../../../test/fakes/recorder-under-test.ts';
import { SecretError } from '../../core/errors.ts';

const { signal } = new AbortController();
const outage = new SecretError('KUBE_UNAVAILABLE', 'create events: 503');
let under: ReturnType<typeof createRecorderUnderTest>;

beforeEach(async () => {
  under = createRecorderUnderTest();
  await under.recorder.start(signal);
});

describe('what happens', () => {
  it('is written as an Event', async () => {
    under.record('db', synced);
    expect(under.client.calls).toEqual([]);
    await under.settle();

    expect(under.client.bodies('create')).toMatchObject([
      { metadata: { namespace: 'shop' }, ...synced, regarding: syncReference('db'), reportingInstance: 'one' },
    ]);
  });

  it('again raises the count of the same Event', async () => {
    under.record('db', failed);
    await under.settle();
    await under.clock.advance(300_000);
    under.record('db', failed);
    await under.settle();
    await under.clock.advance(300_000);
    under.record('db', failed);
    await under.settle();

    expect(under.verbs()).toEqual(['create', 'patch', 'patch']);
    expect(under.client.objects.size).toBe(1);
    expect([...under.client.objects.values()]).toMatchObject([
      { series: { count: 3, lastObservedTime: '2026-01-01T00:10:00.000000Z' } },
    ]);
  });

  it('again after ten minutes is another Event', async () => {
    under.record('db', failed);
    await under.settle();
    await under.clock.advance(600_000);
    under.record('db', failed);
    await under.settle();

    expect(under.verbs()).toEqual(['create', 'create']);
    expect(under.client.objects.size).toBe(2);
  });

  it('to another object, or otherwise, is another Event', async () => {
    under.record('db', failed);
    under.record('web', failed);
    under.record('db', { ...failed, note: 'still no' });
    await under.settle();

    expect(under.client.objects.size).toBe(3);
  });

  it('several times before it could be written is written once', async () => {
    const written = Promise.withResolvers<void>();
    under.client.before = () => written.promise;
    for (let time = 0; time < 5; time++) {
      under.record('db', failed);
      await under.settle();
    }
    written.resolve();
    await under.settle();

    expect(under.verbs()).toEqual(['create', 'patch']);
    expect(under.client.bodies('patch')).toMatchObject([{ series: { count: 5 } }]);
  });

  it('again after the Event expired is written anew', async () => {
    under.record('db', failed);
    await under.settle();
    under.client.objects.clear();
    under.record('db', failed);
    await under.settle();

    expect(under.verbs()).toEqual(['create', 'patch', 'create']);
    expect(under.logged('warn')).toEqual([]);
    under.record('db', failed);
    await under.settle();
    expect(under.verbs().at(-1)).toBe('patch');
  });
});

describe('an Event that cannot be written', () => {
  it('is tried once more after a second, and then forgotten', async () => {
    under.client.before = () => Promise.reject(outage);
    under.record('db', failed);
    await under.settle();
    expect(under.client.calls).toHaveLength(1);
    await under.clock.advance(1_000);
    expect(under.client.calls).toHaveLength(2);
    await under.clock.advance(60_000);

    expect(under.client.calls).toHaveLength(2);
    expect(under.logged('warn')).toHaveLength(1);
  });

  it('is not tried again when it was refused', async () => {
    under.client.before = () => Promise.reject(new SecretError('KUBE_FORBIDDEN', 'may not create events'));
    under.record('db', failed);
    await under.clock.advance(10_000);

    expect(under.client.calls).toHaveLength(1);
  });

  it('is one line of the log until one can be written again', async () => {
    under.client.before = () => Promise.reject(outage);
    for (const name of ['a', 'b', 'c']) under.record(name, failed);
    await under.clock.advance(10_000);
    expect([under.logged('warn').length, under.logged('debug').length]).toEqual([1, 2]);

    under.client.before = () => undefined;
    under.record('d', failed);
    await under.settle();
    under.client.before = () => Promise.reject(outage);
    under.record('e', failed);
    await under.clock.advance(10_000);
    expect(under.logged('warn')).toHaveLength(2);
  });

  it('counts as written when only the answer was lost', async () => {
    let times = 1;
    under.client.after = () => (times-- > 0 ? Promise.reject(outage) : undefined);
    under.record('db', failed);
    await under.clock.advance(1_000);

    expect(under.verbs()).toEqual(['create', 'create']);
    expect(under.client.objects.size).toBe(1);
    expect(under.log).toEqual([]);
    under.record('db', failed);
    await under.settle();
    expect(under.verbs().at(-1)).toBe('patch');
  });

  it('by a replica that does not lead is no news', async () => {
    under.client.before = () => Promise.reject(new SecretError('NOT_LEADER', 'not sent'));
    under.record('db', failed);
    await under.clock.advance(10_000);
    expect(under.client.calls).toHaveLength(1);
    expect(under.log).toEqual([]);

    under.client.before = () => undefined;
    under.record('db', failed);
    await under.settle();
    expect(under.verbs()).toEqual(['create', 'create']);
  });
});
