import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { ControllerStand, type ControllerStandOptions } from './controller-stand.ts';
import type { E2eRun } from './stand.ts';
import type {} from './e2e.ts';

export interface ControllerSuite extends ControllerStandOptions {
  readonly name: string;
  /** Names the namespaces and the folder of the stand. */
  readonly slug: string;
  /** Servers of this file's own; the shared ones unless said otherwise. */
  readonly prepare?: (run: E2eRun) => Promise<E2eRun>;
}

/**
 * A test file's suite on a stand of its own. Skipped by name, with the reason, where the machine lacks something. Its last
 * test ends the stand and proves what holds for all of them: no value shows anywhere but in the data of Secrets.
 */
export function controllerE2e(suite: ControllerSuite, define: (stand: () => ControllerStand) => void): void {
  const run = inject('e2e');
  const skipped = 'missing' in run;
  const why = skipped ? ` (skipped: ${run.missing})` : '';
  describe.skipIf(skipped)(`${suite.name}${why}`, () => {
    let stand: ControllerStand | undefined;
    const current = (): ControllerStand => {
      if (stand === undefined) throw new Error('the stand has not started');
      return stand;
    };
    beforeAll(async () => {
      if ('missing' in run) return;
      stand = await ControllerStand.start((await suite.prepare?.(run)) ?? run, suite.slug, suite);
    });
    // A test that failed half-way must not fail the next.
    beforeEach(() => stand?.behave());
    afterAll(async () => stand?.close());

    define(current);

    it('shows no value and no token in any log, metric, event, status, object or command', async () => {
      const ended = current();
      await ended.close();
      stand = undefined;
      const { evidence } = ended;
      const expected = ['logs of the controller', 'metrics', 'objects', 'metadata of Secrets', 'requests'];
      expect(evidence.sources).toEqual(expect.arrayContaining(expected));
      expect(evidence.markers).toBeGreaterThan(4);
      expect(evidence.leaks()).toEqual([]);
    });
  });
}
