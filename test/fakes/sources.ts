import type { Source } from '../../src/rollout/source.ts';
import { parseRolloutSpec } from '../../src/rollout/rollout-spec.ts';
import type { RolloutStatus } from '../../src/rollout/rollout-status.ts';

/** `shop/db` in Restart, which keeps the Secret `db`; `rollout` is `spec.rollout`. */
export function sourceOf({ rollout = { mode: 'Restart' }, ...parts }: Partial<Source> & { rollout?: unknown } = {}) {
  const name = parts.name ?? 'db';
  const source: Source = {
    key: `shop/${name}`,
    namespace: 'shop',
    name,
    uid: `uid of ${name}`,
    generation: 3,
    resourceVersion: '7',
    className: name,
    secrets: [{ name, annotations: {} }],
    spec: parseRolloutSpec(rollout),
    isFrozen: false,
    approve: undefined,
    resume: undefined,
    status: undefined,
    condition: undefined,
    ...parts,
  };
  return source;
}

/** Complete, with nothing to do. */
export function statusOf(parts: Partial<RolloutStatus> = {}): RolloutStatus {
  const counts = { total: 0, updated: 0, inProgress: 0, failed: 0, held: 0, waiting: 0 };
  return { state: 'Complete', message: 'all is well', ...counts, ...parts };
}
