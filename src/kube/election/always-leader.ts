import type { Election } from './election.ts';
import { Terms, type TermsDeps } from './terms.ts';

/** For `--leader-elect=false`, where nobody else writes: one term from the start to the end, and no Lease. */
export function alwaysLeader(deps: TermsDeps): Election {
  const terms = new Terms(deps);
  return {
    name: 'no leader election',
    holds: () => terms.isOn,
    onTerm: (listener) => terms.onTerm(listener),
    start() {
      terms.begin();
      return Promise.resolve();
    },
    stop() {
      terms.end('it stops');
      return Promise.resolve();
    },
  };
}
