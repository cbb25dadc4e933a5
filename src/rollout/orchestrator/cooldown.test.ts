import { describe, expect, it } from 'vitest';

import { cooldownEnd } from './cooldown.ts';
import type { RolloutRecord } from '../rollout-status.ts';
import type { Content } from './settle.ts';

const minuteMs = 60_000;
const now = Date.parse('2026-01-05T12:00:00Z');
const content: Content = {
  version: 'new',
  isKnown: true,
  since: undefined,
  changingSince: undefined,
  settlesAt: undefined,
  isRestless: false,
};

/** Rollouts that began so many minutes ago. */
function begun(...minutesAgo: readonly number[]): readonly RolloutRecord[] {
  return minutesAgo.map((minutes, index) => ({
    version: `v${index}`,
    startedAt: new Date(now - minutes * minuteMs).toISOString(),
    endedAt: new Date(now).toISOString(),
    outcome: 'Complete',
    updated: 1,
    failed: 0,
  }));
}

describe('cooldownEnd', () => {
  it.for([
    ['none without a rollout', [], undefined],
    ['none after one', [0], undefined],
    ['none after two within the hour', [0, 1], undefined],
    ['five minutes after the last of three', [1, 2, 3], 4],
    ['none once these are over', [5, 6, 7], undefined],
    ['ten after the last of four', [1, 2, 3, 4], 9],
    ['twenty after the last of five', [1, 2, 3, 4, 5], 19],
    ['an hour at most', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 59],
    ['none for what was longer ago', [1, 61, 62, 63], undefined],
  ] as const)('is %s', ([, minutesAgo, expected]) => {
    const end = cooldownEnd(begun(...minutesAgo), content, now);
    expect(end === undefined ? end : (end - now) / minuteMs).toBe(expected);
  });

  it('is five minutes after one that began restless, or for content that is', () => {
    const [last] = begun(1);
    expect(cooldownEnd(last ? [{ ...last, isRestless: true }] : [], content, now)).toBe(now + 4 * minuteMs);
    expect(cooldownEnd(begun(1), { ...content, isRestless: true }, now)).toBe(now + 4 * minuteMs);
  });

  it('is none for the version that has begun, until it has ended', () => {
    const [last, ...rest] = begun(1, 2, 3);
    if (last === undefined) throw new TypeError('no record');
    const { endedAt, ...open } = { ...last, version: 'new' };
    expect(cooldownEnd([open, ...rest], content, now)).toBeUndefined();
    expect(cooldownEnd([{ ...open, ...(endedAt !== undefined && { endedAt }) }, ...rest], content, now)).toBe(
      now + 4 * minuteMs,
    );
  });

  it('does not wait for a clock that was set back', () => {
    expect(cooldownEnd(begun(-600, -601, -602), content, now)).toBe(now + 5 * minuteMs);
  });
});
