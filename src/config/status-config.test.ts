import { homedir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import type { Environment } from './flag.ts';
import { readStatusConfig } from './status-config.ts';

it.for<readonly [Environment, readonly string[]]>([
  [{ HOME: '/home/me' }, ['/home/me/.kube/config']],
  [{ HOME: '/home/me', KUBECONFIG: '' }, ['/home/me/.kube/config']],
  [{}, [join(homedir(), '.kube', 'config')]],
  [{ HOME: '/home/me', KUBECONFIG: '/a:/b::' }, ['/a', '/b']],
])('with %j a kubeconfig is looked for in %j', ([env, defaultKubeconfigs]) => {
  expect(readStatusConfig({}, env)).toEqual({
    ok: true,
    value: {
      namespace: undefined,
      allNamespaces: false,
      kubeconfig: undefined,
      output: 'table',
      watch: false,
      exitCode: false,
      defaultKubeconfigs,
    },
  });
});
