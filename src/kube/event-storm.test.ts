import { beforeEach, describe, expect, it } from 'vitest';

import { createRecorderUnderTest, failed, synced } from '../../test/fakes/recorder-under-test.ts';

const { signal } = new AbortController();
let under: ReturnType<typeof createRecorderUnderTest>;

beforeEach(async () => {
  under = createRecorderUnderTest();
  await under.recorder.start(signal);
});

describe('a storm', () => {
  it('drops normal events beyond the rate, and says so in one line', async () => {
    for (let count = 0; count < 500; count++) under.record(`db-${count}`, synced);
    await under.settle();
    expect(under.client.calls).toHaveLength(100);
    expect(under.log).toEqual([]);

    await under.clock.advance(60_000);
    expect(under.logged('warn')).toHaveLength(1);
    expect(under.log.join()).toContain('"dropped":400');
    under.record('db-0', synced);
    under.record('db-499', synced);
    await under.settle();
    // What was dropped begins anew.
    expect(under.verbs().slice(100)).toEqual(['patch', 'create']);
  });

  it('delays warnings beyond the rate, and keeps them', async () => {
    for (let count = 0; count < 150; count++) under.record(`db-${count}`, failed);
    await under.settle();
    expect(under.client.calls).toHaveLength(100);
    await under.clock.advance(1_000);
    await under.settle();
    expect(under.client.calls).toHaveLength(110);
    await under.clock.advance(4_000);

    expect(under.client.calls).toHaveLength(150);
    expect(under.log).toEqual([]);
  });

  it('of normal events does not hold up a warning', async () => {
    for (let count = 0; count < 100; count++) under.record(`db-${count}`, synced);
    under.record('web', failed);
    await under.settle();

    expect(under.client.bodies('create')[0]).toMatchObject(failed);
    expect(under.client.calls).toHaveLength(101);
  });

  it('of warnings is bounded, and displaces normal events first', async () => {
    under.client.before = () => new Promise(() => {});
    under.record('first', failed);
    await under.settle();
    for (let count = 0; count < 100; count++) under.record(`db-${count}`, synced);
    for (let count = 0; count < 2_000; count++) under.record(`db-${count}`, failed);
    under.client.before = () => undefined;
    await under.recorder.stop(AbortSignal.abort());

    // 100 normal ones and 1,000 warnings had no place, and 1,000 warnings waited in vain.
    expect(under.log.join()).toContain('"dropped":2100');
  });
});

describe('the end', () => {
  it('comes when everything is written, whatever the rate', async () => {
    for (let count = 0; count < 300; count++) under.record(`db-${count}`, failed);
    await under.recorder.stop(signal);

    expect(under.client.calls).toHaveLength(300);
    expect(under.clock.waiting).toBe(0);
    under.record('late', failed);
    await under.settle();
    expect(under.client.calls).toHaveLength(300);
  });

  it('comes at once in a hurry, with what was not written as one line', async () => {
    under.client.before = () => new Promise(() => {});
    for (let count = 0; count < 10; count++) under.record(`db-${count}`, failed);
    await under.settle();
    const hurry = new AbortController();
    const stopped = under.recorder.stop(hurry.signal);
    hurry.abort(new Error('now'));
    await stopped;

    expect(under.client.calls).toHaveLength(1);
    expect(under.log).toHaveLength(1);
    expect(under.log.join()).toContain('"dropped":9');
  });

  it('comes without a beginning, too', async () => {
    const { recorder } = createRecorderUnderTest();

    await expect(recorder.stop(signal)).resolves.toBeUndefined();
  });
});
