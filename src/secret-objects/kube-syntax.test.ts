import { describe, expect, it } from 'vitest';

import { checkAnnotationKey, checkDataKey, checkLabelKey, checkLabelValue, checkObjectName } from './kube-syntax.ts';

const long = 'a'.repeat(63);
const longest = [long, long, long, 'a'.repeat(61)].join('.');

describe('names of Secrets', () => {
  it.for(['a', 'shop-db', 'a.b.c', '0', '1-2.3-4', longest, 'a'.repeat(253)])('%s is taken', (name) => {
    expect(checkObjectName(name)).toBeUndefined();
  });

  it.for(['', 'A', 'a_b', '-a', 'a-', '.a', 'a.', 'a..b', 'a.-b', 'a/b', 'a b', 'a\n', 'ä', `${longest}a`])(
    '%j is refused',
    (name) => {
      expect(checkObjectName(name)).toMatch(/^is /);
    },
  );
});

describe('keys of data', () => {
  it.for(['a', 'tls.crt', '.dockerconfigjson', '_', '-', 'A.b_C-9', '.a', 'a..b', 'a'.repeat(253)])(
    '%s is taken',
    (key) => {
      expect(checkDataKey(key)).toBeUndefined();
    },
  );

  it.for(['', '.', '..', '..a', 'a/b', 'a b', 'a\n', 'ä', 'a'.repeat(254)])('%j is refused', (key) => {
    expect(checkDataKey(key)).toMatch(/^is /);
  });
});

describe('labels and annotations', () => {
  it.for(['a', 'A', 'app.kubernetes.io/part-of', 'a_b.c-d', `${longest}/${long}`])('the key %s is taken', (key) => {
    expect(checkLabelKey(key)).toBeUndefined();
  });

  it.for(['', '/', 'a/', '/a', 'a/b/c', '-a', 'a-', 'A.b/c', `${long}a`, 'a b', 'a\n', `${longest}a/b`, '__proto__'])(
    'the key %j is refused',
    (key) => {
      expect(checkLabelKey(key)).toMatch(/^is /);
    },
  );

  it('the prefix of an annotation may be in upper case', () => {
    expect(checkAnnotationKey('Example.com/Team')).toBeUndefined();
    expect(checkAnnotationKey('Example..com/Team')).toMatch(/^is /);
  });

  it.for(['', 'a', 'A_b.c-9', long])('the value %j of a label is taken', (value) => {
    expect(checkLabelValue(value)).toBeUndefined();
  });

  it.for(['-a', 'a-', 'a/b', 'a b', 'ä', `${long}a`, 'a\n'])('the value %j of a label is refused', (value) => {
    expect(checkLabelValue(value)).toMatch(/^is /);
  });
});
