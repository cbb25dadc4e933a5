const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const format = /^(\d{1,8})([HMSmun])$/;

const maxMarginMs = 1000;

/**
 * How long a call may take: our own limit, or the caller's `grpc-timeout` less a margin, so that our answer is there
 * before the caller gives up. A header that says no time says nothing.
 */
export function toTimeLimitMs(grpcTimeout: unknown, ownLimitMs: number): number {
  const [, digits, unit] = (typeof grpcTimeout === 'string' && format.exec(grpcTimeout)) || [];
  const callerMs = digits === undefined || unit === undefined ? NaN : Number(digits) * (unitsMs[unit] ?? NaN);
  if (Number.isNaN(callerMs)) return ownLimitMs;
  return Math.min(ownLimitMs, lessMargin(callerMs));
}

/** What is left of a time when some is kept for what comes after the work: a fifth, but never more than a second. */
export function lessMargin(timeMs: number): number {
  return timeMs - Math.min(maxMarginMs, timeMs / 5);
}
