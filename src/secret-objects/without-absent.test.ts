import { describe, expect, it } from 'vitest';

import type { SecretObject } from './secret-object.ts';
import { withoutAbsent } from './without-absent.ts';

const object: SecretObject = {
  secretName: 'shop',
  type: 'Opaque',
  labels: {},
  annotations: {},
  immutable: false,
  data: [
    { objectName: 'a', key: 'one' },
    { objectName: 'a', key: 'two' },
    { objectName: 'b', key: 'three' },
  ],
};

describe('withoutAbsent', () => {
  it('leaves out every key of an absent object', () => {
    expect(withoutAbsent(object, new Set(['a', 'c'])).data).toEqual([{ objectName: 'b', key: 'three' }]);
    expect(withoutAbsent(object, new Set(['a', 'b'])).data).toEqual([]);
  });

  it('leaves alone what has nothing absent, and what takes every file there is', () => {
    expect(withoutAbsent(object, new Set())).toBe(object);
    expect(withoutAbsent({ ...object, data: undefined }, new Set(['a'])).data).toBeUndefined();
  });
});
