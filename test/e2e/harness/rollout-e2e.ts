import { afterAll, beforeAll } from 'vitest';

import { ChartIdentity } from './chart-identity.ts';
import { controllerE2e } from './controller-e2e.ts';
import { RolloutStand } from './rollout-stand.ts';

/** A suite as `controllerE2e` makes it, with the rights of the chart for rollouts, and kwok. */
export function rolloutE2e(name: string, slug: string, define: (stand: () => RolloutStand) => void): void {
  const identity = new ChartIdentity('controller', ['rollouts.enabled=true']);
  controllerE2e({ name, slug, identity }, (base) => {
    let stand: RolloutStand | undefined;
    beforeAll(async () => {
      stand = await RolloutStand.start(base());
    });
    afterAll(async () => stand?.close());

    define(() => {
      if (stand === undefined) throw new Error('the stand has not started');
      return stand;
    });
  });
}
