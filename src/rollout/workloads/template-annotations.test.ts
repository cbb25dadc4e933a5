import { describe, expect, it } from 'vitest';

import { type TemplateChange, toTemplateAnnotations } from './template-annotations.ts';

const one = '111111111111';
const two = '222222222222';
const change = (
  mode: TemplateChange['mode'],
  tracked: readonly string[],
  entries: Readonly<Record<string, string>> = {},
) => ({
  mode,
  tracked,
  entries: new Map(Object.entries(entries)),
});
const compose = (hashes: string | undefined, pins: string | undefined, ...changes: readonly TemplateChange[]) =>
  toTemplateAnnotations({ hashes, pins }, changes, 'aaaaaaaa');

describe('toTemplateAnnotations', () => {
  it('keeps what stands about the Secrets of other sources', () => {
    const changes = [change('Restart', ['db'], { db: two }), change('Restart', ['tls'])];

    expect(compose(`kid=aaaaaaaa;db=${one},tls=${one}`, undefined, ...changes)).toEqual({
      'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${two},tls=${one}`,
    });
  });

  it('drops Secrets that nobody tracks any more', () => {
    expect(compose(`kid=aaaaaaaa;db=${one},old=${one}`, undefined, change('Restart', ['db'], { db: two }))).toEqual({
      'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${two}`,
    });
  });

  it('drops what another key has made', () => {
    const changes = [change('Restart', ['db'], { db: two }), change('Restart', ['tls'])];

    expect(compose(`kid=bbbbbbbb;db=${one},tls=${one}`, undefined, ...changes)).toEqual({
      'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${two}`,
    });
  });

  it('writes both annotations where two sources have different modes', () => {
    const changes = [change('Restart', ['db'], { db: two }), change('Pin', ['tls'])];

    expect(compose(undefined, `tls=tls-${one}`, ...changes)).toEqual({
      'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${two}`,
      'lockstep.dev/pins': `tls=tls-${one}`,
    });
  });

  it('unpins a Secret whose source restarts now', () => {
    expect(compose(undefined, `db=db-${one}`, change('Restart', ['db'], { db: two }))).toEqual({
      'lockstep.dev/secret-hashes': `kid=aaaaaaaa;db=${two}`,
    });
  });
});
