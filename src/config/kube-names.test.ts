import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isLabelSelector, isNamespaceName, isObjectName } from './kube-names.ts';

describe('names of Kubernetes', () => {
  it.for(['shop', 'a', '0', 'shop-1', 'a'.repeat(63)])('%s may be a namespace', (name) => {
    expect(isNamespaceName(name)).toBe(true);
  });

  it.for(['', 'Shop', '-shop', 'shop-', 'a.b', 'a/b', 'a b', 'a\n', '*', 'a'.repeat(64)])(
    '%j may be no namespace',
    (name) => {
      expect(isNamespaceName(name)).toBe(false);
    },
  );

  it.for(['key', 'a.b-c.0', 'a'.repeat(253)])('%s may be an object', (name) => {
    expect(isObjectName(name)).toBe(true);
  });

  it.for(['', 'Key', '.a', 'a.', 'a..b', 'a.-b', '../a', 'a'.repeat(254)])('%j may be no object', (name) => {
    expect(isObjectName(name)).toBe(false);
  });
});

describe('a label selector', () => {
  it.for([
    'team=shop',
    'team = shop',
    'team==shop',
    'team!=shop',
    'team',
    '!team',
    '! team',
    'team=',
    'team in (a,b), stage notin ( x , y )',
    'team in ()',
    'example.com/team=Shop_1.x,stage!=test',
    'cores>4,cores<64',
    'kubernetes.io/metadata.name in (shop)',
    // A key may be called like that.
    'in',
    'notin in (in)',
  ])('may be %s', (text) => {
    expect(isLabelSelector(text)).toBe(true);
  });

  it.for([
    ',',
    'a=b,',
    ',a=b',
    'a=b=c',
    'a=b c',
    'a b',
    '=b',
    '!a=b',
    'team in a,b',
    'team in (a,b',
    'team in (a,b))',
    'team in ((a))',
    'team inn (a)',
    'a/b/c=d',
    '/a=b',
    'A.com/a=b',
    'a>b',
    'a=$(x)',
    `${'a'.repeat(64)}=b`,
    `a=${'b'.repeat(64)}`,
  ])('may not be %s', (text) => {
    expect(isLabelSelector(text)).toBe(false);
  });

  it('is read without an error, whatever the text', () => {
    const piece = fc.constantFrom('a', '=', '!', '(', ')', ',', ' ', 'in', 'notin', '/', '.', '-', '<', '\n', 'ü');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 50 }), (pieces) => {
        expect(typeof isLabelSelector(pieces.join(''))).toBe('boolean');
      }),
    );
  });
});
