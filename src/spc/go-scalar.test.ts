import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type GoScalar, resolveScalar } from './go-scalar.ts';
import type { YamlScalar } from './yaml-node.ts';

function scalar(text: string, more: Partial<YamlScalar> = {}): YamlScalar {
  return { kind: 'scalar', text, style: 'plain', tag: '', line: 1, ...more };
}

/** The value, or the type and value where the value alone does not tell. */
function shown(resolved: GoScalar): unknown {
  switch (resolved.type) {
    case 'null':
      return null;
    case 'invalid':
      return resolved.reason;
    case 'timestamp':
      return `date ${resolved.value}`;
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
      return resolved.value;
  }
}

describe('resolveScalar', () => {
  it.for([
    ['', null],
    ['~', null],
    ['NULL', null],
    ['nULL', 'nULL'],
    ['True', true],
    ['FALSE', false],
    ['tRue', 'tRue'],
    ['yes', 'yes'],
    ['Off', 'Off'],
    ['0', 0n],
    ['-0', 0n],
    ['0600', 384n],
    ['0o600', 384n],
    ['0O600', 384n],
    ['0b110', 6n],
    ['0x1F', 31n],
    ['-0x1f', -31n],
    ['+384', 384n],
    ['3_84', 384n],
    ['18446744073709551615', 18446744073709551615n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551616', 2 ** 64],
    ['+18446744073709551615', 2 ** 64],
    ['-9223372036854775809', -(2 ** 63)],
    ['0899', 899],
    ['1.0', 1],
    ['5.', 5],
    ['.5', 0.5],
    ['+.5e1', 5],
    ['.5_0', 0.5],
    ['._5', '._5'],
    ['1e3', 1000],
    ['1e400', '1e400'],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['+.Inf', Infinity],
    ['.NaN', Number.NaN],
    ['0x', '0x'],
    ['0o8', '0o8'],
    ['_1', '_1'],
    ['-', '-'],
    ['.', '.'],
    ['1.2.3', '1.2.3'],
    ['12:30:45', '12:30:45'],
    ['2024-01-02', 'date 2024-01-02T00:00:00Z'],
    ['2024-01-32', '2024-01-32'],
    ['<<', '<<'],
  ] as const)('takes a plain %s for %s', ([text, expected]) => {
    expect(shown(resolveScalar(scalar(text)))).toEqual(expected);
  });

  it.for(['0644', 'true', '~', '', '2024-01-02'])('takes %j in quotes or a block for text', (text) => {
    expect(resolveScalar(scalar(text, { style: 'quoted' }))).toEqual({ type: 'string', value: text });
    expect(resolveScalar(scalar(text, { style: 'block' }))).toEqual({ type: 'string', value: text });
  });

  it.for([
    ['!!str', '12', '12'],
    ['!!int', '0644', 420n],
    ['!!int', '5.0', 'does not fit its tag !!int'],
    ['!!float', '5', 5],
    ['!!float', '18446744073709551615', 'does not fit its tag !!float'],
    ['!!bool', 'yes', 'does not fit its tag !!bool'],
    ['!!null', 'x', 'does not fit its tag !!null'],
    ['!!timestamp', '2024-01-02', 'date 2024-01-02T00:00:00Z'],
    ['!!timestamp', 'soon', 'does not fit its tag !!timestamp'],
    ['!!binary', 'aGVs\nbG8=', 'hello'],
    ['!!binary', 'aGVsbG8', 'has the tag !!binary but is no base64'],
    ['!!binary', '/w==', 'has the tag !!binary and holds bytes that are no text'],
    ['!secret', '5', '5'],
    ['!!python/x', 'true', 'true'],
  ] as const)('with the tag %s takes "%s" for %s', ([tag, text, expected]) => {
    expect(shown(resolveScalar(scalar(text, { tag })))).toEqual(expected);
    expect(shown(resolveScalar(scalar(text, { tag, style: 'quoted' })))).toEqual(expected);
  });

  it('never throws and keeps every integer in range', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+]?0?[xXoObB]?[0-9a-f_.eE+-]{0,120}$/));
    fc.assert(
      fc.property(text, fc.constantFrom('', '!!int', '!!float', '!!binary', '!x'), (value, tag) => {
        const resolved = resolveScalar(scalar(value, { tag }));
        const integer = resolved.type === 'int' ? resolved.value : 0n;
        expect(integer >= -(2n ** 63n) && integer < 2n ** 64n).toBe(true);
      }),
    );
  });

  it('reads every integer that Go can write', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        expect(resolveScalar(scalar(String(value)))).toEqual({ type: 'int', value });
      }),
    );
  });
});
