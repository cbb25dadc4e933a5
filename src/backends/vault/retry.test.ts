import { describe, expect, it } from 'vitest';

import { EagerClock } from '../../../test/fakes/vault-callers.ts';
import { SecretError } from '../../core/errors.ts';
import type { WireAnswer } from './call.ts';
import { withRetries } from './retry.ts';

type Outcome = SecretError | { readonly status: number; readonly retryAfter?: string };

function run(outcomes: readonly Outcome[], { limitMs = 60_000, signal = new AbortController().signal } = {}) {
  const clock = new EagerClock();
  let tries = 0;
  const attempt = (): Promise<WireAnswer> => {
    const outcome = outcomes[Math.min(tries++, outcomes.length - 1)];
    if (outcome === undefined || outcome instanceof SecretError) return Promise.reject(outcome ?? new Error('none'));
    return Promise.resolve({ location: undefined, retryAfter: undefined, body: Buffer.alloc(0), ...outcome });
  };
  const options = { clock, random: () => 0.5, signal, deadlineMs: clock.now() + limitMs };
  return { clock, result: withRetries(attempt, options), tries: () => tries };
}

const unreachable = new SecretError('VAULT_UNREACHABLE', 'no connection');

describe('a request', () => {
  it.for([412, 429, 500, 502, 503, 599])(
    'answered %i is tried three times in all, with growing pauses',
    async (status) => {
      const { clock, result, tries } = run([{ status }]);
      expect((await result).status).toBe(status);
      expect(tries()).toBe(3);
      expect(clock.sleeps).toEqual([1250, 2500]);
    },
  );

  it.for([200, 204, 301, 400, 403, 404, 405, 501])('answered %i is not tried again', async (status) => {
    const { result, tries } = run([{ status }]);
    expect((await result).status).toBe(status);
    expect(tries()).toBe(1);
  });

  it('that finds no connection is tried again, and fails as it failed last', async () => {
    const { result, tries } = run([unreachable]);
    await expect(result).rejects.toBe(unreachable);
    expect(tries()).toBe(3);
  });

  it('that finds a connection at last succeeds', async () => {
    expect((await run([unreachable, { status: 503 }, { status: 200 }]).result).status).toBe(200);
  });

  it.for(['VAULT_TLS', 'VAULT_REQUEST_REFUSED', 'ADDRESS_FORBIDDEN', 'VAULT_ANSWER_INVALID'] as const)(
    'that fails with %s is not tried again',
    async (code) => {
      const { result, tries } = run([new SecretError(code, 'no')]);
      await expect(result).rejects.toMatchObject({ code });
      expect(tries()).toBe(1);
    },
  );
});

describe('Retry-After', () => {
  it.for([
    [429, '7', 7000],
    [503, '0', 0],
    [503, 'Thu, 01 Jan 2026 00:00:20 GMT', 20_000],
    [503, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    // Only 429 and 503 are asked; nonsense is not.
    [500, '7', 1250],
    [429, 'soon', 1250],
    [429, '-1', 1250],
  ] as const)('of a %i that says %s is a pause of %i ms', async ([status, retryAfter, pauseMs]) => {
    const { clock, result } = run([{ status, retryAfter }, { status: 200 }]);
    await result;
    expect(clock.sleeps).toEqual([pauseMs]);
  });

  it('beyond the deadline ends the tries at once', async () => {
    const { clock, result } = run([{ status: 429, retryAfter: '3600' }]);
    expect((await result).status).toBe(429);
    expect(clock.sleeps).toEqual([]);
  });
});

it('a pause ends when the caller goes', async () => {
  const { result, tries } = run([{ status: 503 }], { signal: AbortSignal.abort(new Error('gone')) });
  await expect(result).rejects.toThrow('gone');
  expect(tries()).toBe(1);
});
