export interface Pauses {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The pause after so many failures in a row (1 or more), in milliseconds: it doubles from the first up to the longest, and
 * is jittered, between half of it and all, so that those who failed together do not come back together. `random` in [0, 1).
 */
export function toPauseMs(failures: number, { firstMs, maxMs }: Pauses, random: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs) * (0.5 + random / 2);
}
