import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { createTemporaryDirectory } from '../../test/fakes/temporary-directory.ts';
import { readPod } from './pod.ts';

const ownName = `${hostname()}-${process.pid}`;

it.for([
  ['what the downward API says', { POD_NAMESPACE: 'system', POD_NAME: 'x-1' }, { namespace: 'system', name: 'x-1' }],
  ['the namespace of the service account', { POD_NAMESPACE: '' }, { namespace: 'of-the-account', name: ownName }],
] as const)('a pod is known by %s', ([, env, pod]) => {
  using home = createTemporaryDirectory();
  writeFileSync(join(home.path, 'namespace'), 'of-the-account\n');

  expect(readPod(env, join(home.path, 'namespace'))).toEqual(pod);
});

it('a process outside of any pod counts as one in default', () => {
  using home = createTemporaryDirectory();

  expect(readPod({}, join(home.path, 'namespace'))).toEqual({ namespace: 'default', name: ownName });
});
