/** A condition of a status, as Kubernetes and kstatus read it. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/** The time of the transition is that of `before`, unless its status is another. */
export function toCondition(
  now: Omit<Condition, 'lastTransitionTime'>,
  before: Condition | undefined,
  nowMs: number,
): Condition {
  const lastTransitionTime = before?.status === now.status ? before.lastTransitionTime : toTimeText(nowMs);
  return { ...now, lastTransitionTime };
}

/** A time as Kubernetes writes it: RFC 3339, in seconds. */
export function toTimeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
