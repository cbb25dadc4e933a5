import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { clip, joinWithin } from './clip.ts';

describe('clip', () => {
  it.for([
    ['short', 10, 'short'],
    ['exactly so', 10, 'exactly so'],
    ['a little longer', 10, 'a littl…'],
    ['ääää', 6, 'ä…'],
    ['😀😀', 7, '😀…'],
    ['😀😀', 5, '…'],
  ] as const)('%j in %i bytes is %j', ([text, bytes, clipped]) => {
    expect(clip(text, bytes)).toBe(clipped);
  });

  it('never exceeds the limit nor breaks a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, bytes) => {
        const clipped = clip(text, bytes);

        expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(bytes);
        expect(text.startsWith(clipped.replace(/…$/, '')) || clipped === text).toBe(true);
      }),
    );
  });
});

describe('joinWithin', () => {
  it.for([
    [['one'], 100, 'one'],
    [['one', 'two', 'three'], 100, 'one; two; three'],
    [['one', 'two', 'three'], 22, 'one; two and 1 more'],
    [['a very long first part', 'two'], 22, 'a very l… and 1 more'],
    [[], 22, ''],
  ] as const)('%j in %i bytes is %j', ([parts, bytes, joined]) => {
    expect(joinWithin(parts, bytes)).toBe(joined);
  });

  it('never exceeds the limit, and counts every part', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,30}$/)), fc.integer({ min: 30, max: 200 }), (parts, bytes) => {
        const joined = joinWithin(parts, bytes);
        const [, more = '0'] = / and (\d+) more$/.exec(joined) ?? [];
        const shown = joined === '' ? 0 : joined.replace(/ and \d+ more$/, '').split('; ').length;

        expect(Buffer.byteLength(joined)).toBeLessThanOrEqual(bytes);
        expect(shown + Number(more)).toBe(parts.length);
      }),
    );
  });
});
