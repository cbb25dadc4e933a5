import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import type { DriverVersion } from './csi-driver.ts';
import { type E2eRun, Stand } from './stand.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers of the run, or why there are none. */
    readonly e2e: E2eRun | { readonly missing: string };
  }
}

/** The statuses after which kubelet starts a pod for good with an empty volume. */
const harmful = ['Canceled', 'DeadlineExceeded', 'Unavailable', 'ResourceExhausted', 'Aborted'];

/**
 * A test file's suite on a stand of its own. Skipped by name, with the reason, where the machine lacks something. Its last
 * test ends the stand and proves what holds for all of them: nothing leaked, and no answer was a harmful one.
 */
export function e2e(
  name: string,
  slug: string,
  define: (stand: () => Stand) => void,
  driver: DriverVersion = '1.6.0',
): void {
  const run = inject('e2e');
  const skipped = 'missing' in run;
  const why = skipped ? ` (skipped: ${run.missing})` : '';
  describe.skipIf(skipped)(`${name}${why}`, () => {
    let stand: Stand | undefined;
    const current = (): Stand => {
      if (stand === undefined) throw new Error('the stand has not started');
      return stand;
    };
    beforeAll(async () => {
      if (!('missing' in run)) stand = await Stand.start(run, slug, driver);
    });
    // A test that failed half-way must not fail the next.
    beforeEach(() => stand?.proxy.behave());
    afterAll(async () => stand?.close());

    define(current);

    it('shows no secret and no token in any log, metric, status or error, and answers no harmful status', async () => {
      const ended = current();
      await ended.close();
      stand = undefined;
      const { evidence } = ended;
      expect(evidence.sources).toEqual(expect.arrayContaining(['logs of the daemon', 'metrics', 'log of the driver']));
      expect(evidence.markers).toBeGreaterThan(4);
      expect(evidence.leaks()).toEqual([]);
      expect(evidence.statuses.filter((status) => harmful.includes(status))).toEqual([]);
    });
  });
}
