import fc from 'fast-check';
import { expect, it } from 'vitest';

import { toLoginPath } from './login-path.ts';

it.for([
  ['kubernetes', '/v1/auth/kubernetes/login'],
  ['/team/k8s//', '/v1/auth/team/k8s/login'],
  // Parity: recorded from the official provider.
  ['a/b=c&d', '/v1/auth/a/b=c&d/login'],
  ['a b%2Fc', '/v1/auth/a%20b%252Fc/login'],
  ["it's(1)!*", '/v1/auth/it%27s%281%29%21%2A/login'],
  ['$+,:;@-_.~', '/v1/auth/$+,:;@-_.~/login'],
  ['ü', '/v1/auth/%C3%BC/login'],
])('the mount %s is entered at %s', ([mount, path]) => {
  expect(toLoginPath(mount ?? '')).toBe(path);
});

it.for(['', '/', '..', 'a/../../sys', './a', 'a?b', 'a#b'])('the mount %j is refused', (mount) => {
  expect(() => toLoginPath(mount)).toThrow(expect.objectContaining({ code: 'PATH_FORBIDDEN' }));
});

it('never leaves /v1/auth/, whatever the mount', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (mount) => {
      let path: string;
      try {
        path = toLoginPath(mount);
      } catch {
        return;
      }
      const url = new URL(`http://vault${path}`);
      expect(url.pathname).toBe(path);
      expect(url.search + url.hash).toBe('');
      expect(path).toMatch(/^\/v1\/auth\/.+\/login$/);
    }),
  );
});
