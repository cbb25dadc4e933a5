import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { DatabaseEngine } from './database-engine.ts';

const role = { ttlSeconds: 60, maxTtlSeconds: 100 };

function createEngine(): { engine: DatabaseEngine; clock: FakeClock } {
  const clock = new FakeClock();
  let count = 0;
  const random = (bytes: number): string => String(++count).padStart(bytes * 2, '0');
  return { engine: new DatabaseEngine({ clock, random }), clock };
}

describe('DatabaseEngine', () => {
  it('makes another user every time', () => {
    const { engine } = createEngine();
    const [first, second] = [engine.issue('reader', role), engine.issue('reader', role)];

    expect(first).toMatchObject({ leaseId: expect.stringMatching(/^database\/creds\/reader\/\w+$/), leaseSeconds: 60 });
    expect(second.username).not.toBe(first.username);
    expect(second.password).not.toBe(first.password);
    expect(second.leaseId).not.toBe(first.leaseId);
  });

  it('renews a lease up to its maximum and not beyond', async () => {
    const { engine, clock } = createEngine();
    const { leaseId } = engine.issue('reader', role);

    await clock.advance(30_000);
    expect(engine.renew(leaseId, undefined)).toBe(60);
    await clock.advance(50_000);
    expect(engine.renew(leaseId, undefined)).toBe(20);
    expect(engine.renew(leaseId, 5)).toBe(5);
  });

  it('has no lease any more once it has ended', async () => {
    const { engine, clock } = createEngine();
    const { leaseId } = engine.issue('reader', role);
    await clock.advance(60_000);

    expect(engine.renew(leaseId, undefined)).toBeUndefined();
    expect(engine.renew('database/creds/reader/never-was', undefined)).toBeUndefined();
  });
});
