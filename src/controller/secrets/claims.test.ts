import { describe, expect, it } from 'vitest';

import { Claims } from './claims.ts';

describe('claims', () => {
  it('know what a sync wants, and nothing before it said so', () => {
    const claims = new Claims();
    expect(claims.wants('shop/a', 'shop/db')).toBeUndefined();

    claims.set('shop/a', ['shop/db']);
    expect(claims.wants('shop/a', 'shop/db')).toBe(true);
    expect(claims.wants('shop/a', 'shop/tls')).toBe(false);
  });

  it('name the others who want the same Secret, sorted', () => {
    const claims = new Claims();
    for (const name of ['c', 'a', 'b']) claims.set(`shop/${name}`, ['shop/db']);

    expect(claims.others('shop/db', 'shop/b')).toEqual(['shop/a', 'shop/c']);
    expect(claims.others('shop/tls', 'shop/b')).toEqual([]);
  });

  it('tell whom a new or a dropped wish concerns, and nobody when nothing changed', () => {
    const claims = new Claims();
    claims.set('shop/a', ['shop/db']);
    expect([...claims.set('shop/b', ['shop/db', 'shop/tls'])]).toEqual(['shop/a']);
    expect([...claims.set('shop/b', ['shop/db', 'shop/tls'])]).toEqual([]);
    expect([...claims.set('shop/b', ['shop/tls'])]).toEqual(['shop/a']);
  });

  it('forget a sync that is gone, and tell whom that concerns', () => {
    const claims = new Claims();
    claims.set('shop/a', ['shop/db']);
    claims.set('shop/b', ['shop/db']);

    expect([...claims.forget('shop/a')]).toEqual(['shop/b']);
    expect(claims.wants('shop/a', 'shop/db')).toBeUndefined();
    expect(claims.others('shop/db', 'shop/b')).toEqual([]);
  });
});
