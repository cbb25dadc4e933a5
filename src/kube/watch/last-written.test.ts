import { describe, expect, it } from 'vitest';

import { LastWritten } from './last-written.ts';

const key = 'shop/db';

describe('LastWritten', () => {
  it('answers what was written while the watch shows an older version', () => {
    const written = new LastWritten<string>();
    written.set(key, '12', 'ours');

    expect(written.get({ key, resourceVersion: '9' })).toBe('ours');
    expect(written.get({ key: 'shop/other', resourceVersion: '9' })).toBeUndefined();
  });

  it.for(['12', '13'])('answers nothing when the watch shows version %s of 12', (resourceVersion) => {
    const written = new LastWritten<string>();
    written.set(key, '12', 'ours');

    expect(written.get({ key, resourceVersion })).toBeUndefined();
  });

  it('keeps nothing that was shown, and everything that was not', () => {
    const written = new LastWritten<string>();
    written.set(key, '12', 'ours');
    written.seen({ key, resourceVersion: '11' });
    expect(written.get({ key, resourceVersion: '11' })).toBe('ours');

    written.seen({ key, resourceVersion: '12' });
    expect(written.get({ key, resourceVersion: '11' })).toBeUndefined();
  });

  it('forgets an object that is gone', () => {
    const written = new LastWritten<string>();
    written.set(key, '12', 'ours');
    written.forget(key);

    expect(written.get({ key, resourceVersion: '9' })).toBeUndefined();
  });
});
