import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JsonNumber, type JsonValue, marshalGo, parseJson } from './go-json.ts';

describe('marshalGo', () => {
  it.for<readonly [JsonValue, string]>([
    [null, 'null'],
    [true, 'true'],
    ['<a href="x">&amp;</a>', '"\\u003ca href=\\"x\\"\\u003e\\u0026amp;\\u003c/a\\u003e"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\u0000\u0001\b\t\n\f\r\u001f\u007f\u0080', '"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\u007f\u0080"'],
    ["'/\\", '"\'/\\\\"'],
    ['a\ud834b', '"a\ufffdb"'],
    [new JsonNumber('1.50'), '1.50'],
    [[], '[]'],
    [new Map(), '{}'],
    [new Map([['<k&>', 'v']]), '{"\\u003ck\\u0026\\u003e":"v"}'],
    [
      new Map([
        ['10', ''],
        ['9', ''],
        ['', ''],
      ]),
      '{"":"","10":"","9":""}',
    ],
    [
      new Map<string, JsonValue>([
        ['b', [new JsonNumber('1'), null]],
        ['B', true],
        ['a', 'x'],
      ]),
      '{"B":true,"a":"x","b":[1,null]}',
    ],
  ])('writes %j', ([value, json]) => {
    expect(marshalGo(value)).toBe(json);
  });

  it('sorts keys by their UTF-8 bytes, not by UTF-16 units', () => {
    const value = new Map(['𝄞', '\uff21', 'é', 'z'].map((key) => [key, key]));

    expect(marshalGo(value)).toBe('{"z":"z","é":"é","\uff21":"\uff21","𝄞":"𝄞"}');
  });

  it('sorts every map as Buffer.compare does', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' })), (keys) => {
        const parsed = JSON.parse(marshalGo(new Map(keys.map((key) => [key, null])))) as object;

        const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(new Set(Object.keys(parsed))).toEqual(new Set(keys));
        expect(marshalGo(new Map(keys.map((key) => [key, null])))).toBe(
          `{${sorted.map((key) => `${marshalGo(key)}:null`).join(',')}}`,
        );
      }),
    );
  });

  it('writes what parseJson reads back', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = marshalGo(parseJson(text));

        expect(marshalGo(parseJson(once))).toBe(once);
        expect(JSON.parse(once)).toEqual(JSON.parse(text));
      }),
    );
  });
});
