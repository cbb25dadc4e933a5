import { expect, it } from 'vitest';

import { rawWorkload } from '../../../test/fakes/workloads.ts';
import { isReloader } from './is-reloader.ts';

it.for([
  ['ghcr.io/stakater/reloader:v1.4.21', true],
  ['registry.example:5000/mirror/reloader@sha256:00', true],
  ['reloader', true],
  ['registry.example/config-reloader:1', false],
  ['quay.io/prometheus-operator/prometheus-config-reloader:v0.80.0', false],
  ['registry.example/reloader-ui:1', false],
] as const)('%s is Reloader: %s', ([image, expected]) => {
  const deployment = rawWorkload('Deployment', {
    pod: {
      containers: [
        { name: 'a', image: 'web' },
        { name: 'b', image },
      ],
    },
  });
  expect(isReloader(deployment)).toBe(expected);
});

it('does not mind a Deployment of another shape', () => {
  expect(isReloader(rawWorkload('Deployment', { pod: { containers: 'none' } }))).toBe(false);
});
