import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isJsonObject, JsonNumber, type JsonValue, marshalGo, parseJson } from './go-json.ts';

describe('parseJson', () => {
  it.for([
    ['0', '0'],
    ['-0', '-0'],
    ['1.0', '1.0'],
    ['1E+2', '1E+2'],
    ['12345678901234567890123', '12345678901234567890123'],
    ['1e400', '1e400'],
    [' \t\r\n7 ', '7'],
  ] as const)('keeps the text of the number %j', ([text, number]) => {
    expect(parseJson(text)).toEqual(new JsonNumber(number));
  });

  it.for([
    ['"a\\u00e9\\n"', 'aé\n'],
    ['"\\ud834\\udd1e"', '𝄞'],
    ['"a\\ud834b"', 'a\ufffdb'],
    ['"\\udd1e\\ud834"', '\ufffd\ufffd'],
    ['"\ud834"', '\ufffd'],
    ['"\\\\"', '\\'],
    ['"\\\\\\""', '\\"'],
    ['"\\"\\""', '""'],
    ['"\\/"', '/'],
    ['"\u007f\u2028"', '\u007f\u2028'],
    ['""', ''],
  ] as const)('reads the string %j', ([text, value]) => {
    expect(parseJson(text)).toBe(value);
  });

  it('lets the last of two equal keys win', () => {
    expect(marshalGo(parseJson('{"k":1,"o":{"a":1},"k":2,"o":{"b":2}}'))).toBe('{"k":2,"o":{"b":2}}');
  });

  it.for(['__proto__', 'constructor', 'toString', '', '0', '10'])('takes %j for a key like any other', (key) => {
    const value = parseJson(`{${JSON.stringify(key)}:"v"}`);

    expect(value).toEqual(new Map([[key, 'v']]));
    expect(Object.prototype).not.toHaveProperty('v');
  });

  it('finds no inherited members', () => {
    const value = parseJson('{}');

    expect(isJsonObject(value) && value.get('constructor')).toBeUndefined();
  });

  it.for([
    '',
    ' ',
    '{',
    '[',
    '"',
    '"\\"',
    '"\\',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '{1:2}',
    '[1,]',
    '[,1]',
    '[1 2]',
    '01',
    '+1',
    '.5',
    '5.',
    '1e',
    '-',
    '0x10',
    'NaN',
    'Infinity',
    'undefined',
    'tru',
    'nul',
    'True',
    '"\\x41"',
    '"\\u12"',
    '"\\\'"',
    '"a\nb"',
    '"\u0000"',
    '\ufeff{}',
    '\u00a01',
    '// c\n1',
    '{} {}',
    '1 x',
    '}',
    ']',
  ])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('never quotes the text in its errors', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[g-z]{12}$/), fc.constantFrom('"\\x', '{"', '[', '"\n', ''), (secret, before) => {
        expect(messageOf(`${before}${secret}`)).not.toContain(secret);
      }),
    );
  });

  it.for([
    ['{"k":"v"} {"k":"w"}', '{"k":"v"}'],
    ['{"k":"v"}garbage', '{"k":"v"}'],
    ['[1]]', '[1]'],
    ['"a" "', '"a"'],
    ['1 2', '1'],
  ] as const)('reads the first value of %j when text may follow', ([text, first]) => {
    expect(marshalGo(parseJson(text, { allowTrailing: true }))).toBe(first);
  });

  it.for(['{"k":', '1.', '12.', '1e', '1.5e+', '-'])('refuses the incomplete first value of %j also then', (text) => {
    expect(() => parseJson(text, { allowTrailing: true })).toThrow(SyntaxError);
  });

  it.for(['[', '{"a":'])('reads 1,000 levels of %j and refuses more without overflowing the stack', (open) => {
    const close = open === '[' ? ']' : '}';
    const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;

    expect(marshalGo(parseJson(nested(1000)))).toBe(nested(1000));
    expect(() => parseJson(nested(1001))).toThrow('nested deeper than 1000');
    expect(() => parseJson(open.repeat(1_000_000))).toThrow('nested deeper than 1000');
  });

  it('reads hostile strings in linear time', () => {
    const quotes = `"${'\\"'.repeat(1_000_000)}"`;
    const slashes = `"${'\\\\'.repeat(1_000_000)}"`;

    expect(parseJson(quotes)).toBe('"'.repeat(1_000_000));
    expect(parseJson(slashes)).toBe('\\'.repeat(1_000_000));
    expect(() => parseJson(`"${'\\'.repeat(1_000_001)}"`)).toThrow(SyntaxError);
  });

  it('agrees with JSON.parse about every value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);

        expect(toNative(parseJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts exactly what JSON.parse accepts', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ':',
      ',',
      'a',
      'u00e9',
      '0',
      '1',
      '-',
      '.',
      'e',
      'true',
      'null',
      ' ',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 9 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (json) => {
        expect(accepts(json, parseJson)).toBe(accepts(json, JSON.parse));
      }),
      { numRuns: 5000 },
    );
  });
});

function toNative(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, member]) => [key, toNative(member)]));
  return Array.isArray(value) ? value.map(toNative) : value;
}

function accepts(text: string, parse: (text: string) => unknown): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function messageOf(text: string): string {
  try {
    parseJson(text);
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}
