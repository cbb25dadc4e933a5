import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { escapeVaultPath, parseSecretPath } from './vault-path.ts';

/** `path?query`, or the reason. */
function parse(secretPath: string): string {
  const parsed = parseSecretPath(secretPath);
  if (!parsed.ok) return `${parsed.code ?? 'refused'}: ${parsed.reason}`;
  const { path, query } = parsed.value;
  return query === '' ? path : `${path}?${query}`;
}

/** The pairs of a query in a fixed order. */
function sorted(query: string): readonly string[] {
  return [...new URLSearchParams(query)].map((pair) => JSON.stringify(pair)).toSorted((a, b) => (a < b ? -1 : 1));
}

describe('parseSecretPath', () => {
  it.for([
    ['secret/data/app', '/v1/secret/data/app'],
    ['/secret/data/app', '/v1/secret/data/app'],
    ['v1/secret/data/app', '/v1/secret/data/app'],
    ['/v1/secret/data/app', '/v1/secret/data/app'],
    ['//kv/a', '/v1/kv/a'],
    ['/v1//kv/a', '/v1/kv/a'],
    ['v1', '/v1/v1'],
    ['V1/kv/a', '/v1/V1/kv/a'],
    ['/v2/kv/a', '/v1/v2/kv/a'],
    ['kv//a', '/v1/kv/a'],
    ['kv/a/', '/v1/kv/a'],
    ['kv/./x/../a', '/v1/kv/a'],
    ['../../v1/kv/a', '/v1/kv/a'],
  ] as const)('reads %s as the path %s', ([secretPath, expected]) => {
    expect(parse(secretPath)).toBe(expected);
  });

  it.for([
    ['kv/a%2Fb%20c%', '/v1/kv/a%252Fb%2520c%25'],
    ["kv/a b!'()*", '/v1/kv/a%20b%21%27%28%29%2A'],
    ['kv/plus+and=eq,at@colon:semi;tilde~dollar$&', '/v1/kv/plus+and=eq,at@colon:semi;tilde~dollar$&'],
    ['kv/é#[x]', '/v1/kv/%C3%A9%23%5Bx%5D'],
    ['kv/a\n\0', '/v1/kv/a%0A%00'],
  ] as const)('escapes %j as %s', ([secretPath, expected]) => {
    expect(parse(secretPath)).toBe(expected);
  });

  it.for([
    ['kv/a?z=1&a=2&m=x y&b=%20&a=1', '/v1/kv/a?a=2&a=1&b=+&m=x+y&z=1'],
    ['kv/b?flag&empty=', '/v1/kv/b?empty=&flag='],
    ['kv/c?', '/v1/kv/c'],
    ['kv/c?&&', '/v1/kv/c'],
    ['kv/d?q=a?b&u=é/+:', '/v1/kv/d?q=a%3Fb&u=%C3%A9%2F+%3A'],
    ['kv/a?x=1#y', '/v1/kv/a?x=1%23y'],
    ['kv/a?=1', '/v1/kv/a?=1'],
    ['kv/a?b=%ff', '/v1/kv/a?b=%FF'],
    ['kv/a?é=1&z=2&Z=3', '/v1/kv/a?Z=3&z=2&%C3%A9=1'],
  ] as const)('sorts and encodes the query of %s', ([secretPath, expected]) => {
    expect(parse(secretPath)).toBe(expected);
  });

  it.for([
    ['kv/a?x;y', /refused: .*`;`/],
    ['kv/a?x=%zz', /refused: .*"%zz"/],
    ['kv/a?x=%4', /refused: .*"%4"/],
    ['', /refused: names no secret/],
    ['/', /refused: names no secret/],
    ['kv/..', /refused: names no secret/],
    ['..', /PATH_FORBIDDEN/],
    ['../sys/raw', /PATH_FORBIDDEN/],
    ['kv/../../v2/x', /PATH_FORBIDDEN/],
    ['/v1/../v1evil/x', /PATH_FORBIDDEN/],
  ] as const)('refuses %j', ([secretPath, expected]) => {
    expect(parse(secretPath)).toMatch(expected);
  });

  it('never leaves /v1/ and never writes a character that ends a path, whatever it is given', () => {
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'v1', '%2e%2e', '?', '#', '\\'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const parsed = parseSecretPath(segments.join('/'));
        if (!parsed.ok) return;
        const { path, query } = parsed.value;
        expect(path).toMatch(/^\/v1\/[\w\-.~$&+,/:;=@%]+$/);
        expect(path.split('/')).not.toContain('..');
        expect(query).toMatch(/^[\w\-.~+=&%]*$/);
      }),
    );
  });

  it('reads its own output as the same query', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        const query = new URLSearchParams(pairs).toString();
        const once = parseSecretPath(`kv/a?${query}`);
        if (!once.ok) throw new Error(once.reason);
        expect(parse(`kv/a?${once.value.query}`)).toBe(parse(`kv/a?${query}`));
        expect(sorted(once.value.query)).toEqual(sorted(query));
      }),
    );
  });
});

describe('escapeVaultPath', () => {
  it('leaves slashes alone', () => {
    expect(escapeVaultPath('auth/a b/login')).toBe('auth/a%20b/login');
  });
});
