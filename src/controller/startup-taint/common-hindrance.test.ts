import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { type ErrorCode, SecretError } from '../../core/errors.ts';
import { createLogger } from '../../platform/logger.ts';
import { CommonHindrance } from './common-hindrance.ts';

let clock: FakeClock;
let lines: { readonly level: string; readonly code: string; readonly retryMs: number }[];
let hindrance: CommonHindrance;

beforeEach(() => {
  clock = new FakeClock();
  lines = [];
  const logger = createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(JSON.parse(line)) });
  hindrance = new CommonHindrance({ clock, logger, random: () => 0 });
});

function failure(code: ErrorCode): SecretError {
  return new SecretError(code, 'why, and what to do');
}

describe('what keeps all nodes from being patched', () => {
  it.for(['KUBE_FORBIDDEN', 'KUBE_UNAUTHENTICATED', 'KUBE_UNREACHABLE', 'KUBE_TIMEOUT', 'KUBE_UNAVAILABLE'] as const)(
    '%s is such a thing',
    (code) => {
      expect(hindrance.takes(failure(code))).toBe(true);
      expect(hindrance.pauseMs).toBe(500);
    },
  );

  it.for(['KUBE_REFUSED', 'KUBE_CONFLICT', 'NOT_LEADER', 'INTERNAL'] as const)('%s is none', (code) => {
    expect(hindrance.takes(failure(code))).toBe(false);
    expect(hindrance.pauseMs).toBe(0);
    expect(lines).toEqual([]);
  });

  it('counts once for all that were under way', async () => {
    for (let node = 0; node < 4; node++) hindrance.takes(failure('KUBE_FORBIDDEN'));
    expect(hindrance.pauseMs).toBe(500);
    await clock.advance(500);
    expect(hindrance.pauseMs).toBe(0);

    hindrance.takes(failure('KUBE_FORBIDDEN'));
    expect(hindrance.pauseMs).toBe(1000);
  });

  it('is tried again every minute at the latest', async () => {
    for (let round = 0; round < 20; round++) {
      hindrance.takes(failure('KUBE_FORBIDDEN'));
      await clock.advance(hindrance.pauseMs);
    }
    hindrance.takes(failure('KUBE_FORBIDDEN'));
    expect(hindrance.pauseMs).toBe(30_000);
  });

  it('is told once, until it is another or was over', async () => {
    const codes = ['KUBE_FORBIDDEN', 'KUBE_FORBIDDEN', 'KUBE_TIMEOUT', undefined, 'KUBE_TIMEOUT'] as const;
    for (const code of codes) {
      if (code === undefined) hindrance.passed();
      else hindrance.takes(failure(code));
      await clock.advance(hindrance.pauseMs);
    }
    expect(lines.map(({ level, code, retryMs }) => [level, code, retryMs])).toEqual([
      ['warn', 'KUBE_FORBIDDEN', 500],
      ['debug', 'KUBE_FORBIDDEN', 1000],
      ['warn', 'KUBE_TIMEOUT', 2000],
      ['warn', 'KUBE_TIMEOUT', 500],
    ]);
  });
});
