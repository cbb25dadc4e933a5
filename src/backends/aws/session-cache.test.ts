import { expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { SecretError } from '../../core/errors.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { Session } from './session.ts';
import { SessionCache } from './session-cache.ts';

const outage = new SecretError('AWS_UNREACHABLE', 'nobody answers');
const dayMs = 86_400_000;

it.for([0, dayMs, -dayMs])(
  'A login that nobody answered is tried again after five seconds, when the date was set by %i ms too',
  async (jumpMs) => {
    const clock = new FakeClock();
    const cache = new SessionCache({ clock, metrics: createMetrics() });
    const { signal } = new AbortController();
    const failing = { signal, logIn: () => Promise.reject(outage) };
    await expect(cache.acquire('app', failing)).rejects.toBe(outage);

    clock.jump(jumpMs);
    const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
    const atMs = clock.now();
    const session = new Session({ keys, region: 'r', principal: 'p', createdAtMs: atMs, endsAtMs: atMs + dayMs });
    const working = { signal, logIn: () => Promise.resolve(session) };
    await clock.advance(4_999);
    await expect(cache.acquire('app', working)).rejects.toBe(outage);
    await clock.advance(1);
    expect(await cache.acquire('app', working)).toBe(session);
  },
);
