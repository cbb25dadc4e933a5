import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { withoutValues } from './without-values.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');

describe('a text without the values of a Secret', () => {
  it.for([
    ['is the same when it quotes none', 'no quote', { password: encode('correct horse') }, 'no quote'],
    ['hides a value', 'it is "correct horse"!', { password: encode('correct horse') }, 'it is "[redacted]"!'],
    [
      'hides an encoded value',
      `got ${encode('correct horse')}`,
      { password: encode('correct horse') },
      'got [redacted]',
    ],
    ['hides the beginning of a value', 'it is correct ho…', { password: encode('correct horse') }, 'it is [redacted]…'],
    [
      'hides the lines of a value',
      String.raw`x: first line\nsecond line`,
      { a: encode('first line\nsecond line') },
      String.raw`x: [redacted]\n[redacted]`,
    ],
    [
      'hides a short value that stands alone',
      'the pin 1234 is bad',
      { pin: encode('1234') },
      'the pin [redacted] is bad',
    ],
    ['keeps what a short value is part of', 'the pins are bad', { pin: encode('pin') }, 'the pins are bad'],
    ['hides every value', 'a1b2 and c3d4', { a: encode('a1b2'), c: encode('c3d4') }, '[redacted] and [redacted]'],
    ['takes an empty value for none', 'all is well', { a: '' }, 'all is well'],
  ] as const)('%s', ([, text, data, expected]) => {
    expect(withoutValues(text, { data })).toBe(expected);
  });

  it('knows values that are not encoded yet', () => {
    expect(withoutValues('it is correct horse', { stringData: { a: 'correct horse' } })).toBe('it is [redacted]');
  });

  it.for([{}, { data: null }, { data: 'text' }, { data: [1] }, { data: { a: 5 } }])(
    'is the same for the body %j',
    (body) => {
      expect(withoutValues('text 5', body)).toBe('text 5');
    },
  );

  it('shows no value of eight characters or more, wherever it stands', () => {
    const words = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(words, fc.string(), fc.string(), (value, before, after) => {
        const data = { value: encode(value) };

        expect(withoutValues(`${before}${value}${after}`, { data })).not.toContain(value);
        expect(withoutValues(`${before}${encode(value)}${after}`, { data })).not.toContain(encode(value));
      }),
    );
  });
});
