import { expect, it } from 'vitest';

import { memoize } from './memoize.ts';

it('works a value out once per object, not per equal object', () => {
  const asked: object[] = [];
  const nameOf = memoize((of: { readonly name: string }) => {
    asked.push(of);
    return of.name;
  });
  const [a, twin] = [{ name: 'a' }, { name: 'a' }];

  expect([nameOf(a), nameOf(a), nameOf(twin)]).toEqual(['a', 'a', 'a']);
  expect(asked).toEqual([a, twin]);
});
