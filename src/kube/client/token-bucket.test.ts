import { expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { TokenBucket } from './token-bucket.ts';

function drain(bucket: TokenBucket): number {
  let taken = 0;
  while (bucket.take()) taken++;
  return taken;
}

it('lets a burst pass, and then so many a second', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ clock, burst: 5, perSecond: 2 });

  expect(drain(bucket)).toBe(5);
  await clock.advance(1_000);
  expect(drain(bucket)).toBe(2);
  await clock.advance(60_000);
  expect(drain(bucket)).toBe(5);
});

it('says how long to wait, and keeps the promise', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ clock, burst: 1, perSecond: 3 });
  expect(bucket.waitMs).toBe(0);
  bucket.take();

  expect(bucket.waitMs).toBe(334);
  await clock.advance(333);
  expect(bucket.take()).toBe(false);
  await clock.advance(1);
  expect(bucket.take()).toBe(true);
});

it('does not notice the date', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ clock, burst: 1, perSecond: 1 });
  bucket.take();
  clock.jump(86_400_000);

  expect(bucket.take()).toBe(false);
});
