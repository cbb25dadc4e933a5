import { dirname } from 'node:path';

import { beforeAll, describe, inject } from 'vitest';

import type {} from './e2e.ts';
import {
  previousRelease,
  unpackPreviousRelease,
  type UnpackedRelease,
  whyNoPreviousRelease,
} from './previous-release.ts';

/** The two ways, in the order in which they can be gone one after the other. */
export const hops = [
  { from: 'the older', to: 'the newer' },
  { from: 'the newer', to: 'the older' },
] as const;

export type ReleaseName = (typeof hops)[number]['from'];

/** A suite that comes from the release before this one and goes back to it. Skipped by name, with the reason, where it is not to be had. */
export function upgradeE2e(define: (older: () => UnpackedRelease) => void): void {
  const run = inject('e2e');
  const reason = 'missing' in run ? run.missing : whyNoPreviousRelease();
  const why = reason === undefined ? '' : ` (skipped: ${reason})`;
  describe.skipIf(reason !== undefined)(`From ${previousRelease.version} and back${why}:`, () => {
    let older: UnpackedRelease | undefined;
    beforeAll(() => {
      // The files of a run share it.
      if (!('missing' in run)) older = unpackPreviousRelease(dirname(run.cluster.kubeconfig));
    });

    define(() => {
      if (older === undefined) throw new Error('it is not unpacked yet');
      return older;
    });
  });
}
