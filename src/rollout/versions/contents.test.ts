import { beforeEach, describe, expect, it } from 'vitest';

import { SecretError } from '../../core/errors.ts';
import { Contents, type KnownContent } from './contents.ts';

let contents: Contents;

function contentOf(parts: Partial<KnownContent> = {}): KnownContent {
  const hash = '000000000001';
  const base = { type: 'Opaque', hash, keyHashes: new Map(), sync: 'shop/db', versionName: undefined };
  return { ...base, problem: undefined, ...parts };
}

beforeEach(() => {
  contents = new Contents();
  contents.set('shop/db', contentOf({ versionName: 'db-000000000001' }));
});

describe('what is known of the contents of Secrets', () => {
  it.for([
    ['the content', { hash: '000000000002', versionName: 'db-000000000001' }],
    ['the version that is kept', { versionName: 'db-000000000002' }],
    ['who keeps it', { sync: 'shop/other', versionName: 'db-000000000001' }],
    ['why no version is kept', { versionName: 'db-000000000001', problem: new SecretError('KUBE_REFUSED', 'no') }],
  ] as const)('is news when it differs in %s', ([, parts]) => {
    expect(contents.set('shop/db', contentOf({ versionName: 'db-000000000001' }))).toBe(false);
    expect(contents.set('shop/db', contentOf(parts))).toBe(true);
    expect(contents.get('shop/db')).toMatchObject(parts);
  });

  it('goes with the SecretProviderClassSync, but not what another one has taken over', () => {
    contents.set('shop/a', contentOf());
    contents.set('shop/a', contentOf({ sync: 'shop/other' }));
    contents.forgetSync('shop/db');

    expect(contents.get('shop/db')).toBeUndefined();
    expect(contents.get('shop/a')).toMatchObject({ sync: 'shop/other' });
    contents.clear();
    expect(contents.get('shop/a')).toBeUndefined();
  });

  it('tells whose present content a version held that is gone', () => {
    expect(contents.loseVersion({ namespace: 'shop', name: 'db-000000000001' })).toBe('shop/db');
    expect(contents.get('shop/db')).toMatchObject({ hash: '000000000001', versionName: undefined });
    expect(contents.loseVersion({ namespace: 'shop', name: 'db-000000000001' })).toBeUndefined();
  });

  it.for([
    ['an older version', { namespace: 'shop', name: 'db-000000000000' }],
    ['a version of a namespace that is not meant', { namespace: 'bank', name: 'db-000000000001' }],
    ['what has no name of a version', { namespace: 'shop', name: 'db' }],
  ] as const)('stays as it is when %s goes', ([, version]) => {
    expect(contents.loseVersion(version)).toBeUndefined();
    expect(contents.get('shop/db')).toMatchObject({ versionName: 'db-000000000001' });
  });
});
