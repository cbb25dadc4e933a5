import { describe, expect, it } from 'vitest';

import { VolumeTree } from './volume-tree.ts';

describe('VolumeTree', () => {
  it.for([
    { path: 'a', taken: true },
    { path: 'b', taken: true },
    { path: 'b/c', taken: true },
    { path: 'b/c/d', taken: true },
    { path: 'b/c/d/e', taken: true },
    { path: 'a/x', taken: true },
    { path: 'b/x', taken: false },
    { path: 'b/c/x', taken: false },
    { path: 'ab', taken: false },
    { path: 'c', taken: false },
    { path: '__proto__', taken: false },
  ])('with the files a and b/c/d says $taken of $path', ({ path, taken }) => {
    expect(new VolumeTree(['a', 'b/c/d']).isTaken(path)).toBe(taken);
  });

  it('takes the places of files that are added', () => {
    const tree = new VolumeTree([]);
    expect(tree.isTaken('a')).toBe(false);

    tree.add('a/b');

    expect(tree.isTaken('a')).toBe(true);
    expect(tree.isTaken('a/b')).toBe(true);
  });
});
