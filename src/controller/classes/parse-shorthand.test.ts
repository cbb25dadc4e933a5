import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseShorthand } from './parse-shorthand.ts';

const account = { 'lockstep.dev/service-account': 'app' };
const labels = { 'lockstep.dev/sync': 'true' };

describe('parseShorthand', () => {
  it('asks for nothing without a service account', () => {
    expect(parseShorthand({})).toEqual({ kind: 'none' });
    expect(
      parseShorthand({ labels, annotations: { 'lockstep.dev/force-sync': '1', 'example.com/lockstep.dev': 'x' } }),
    ).toEqual({
      kind: 'none',
    });
  });

  it('asks for a sync with its account and interval', () => {
    expect(parseShorthand({ labels, annotations: account })).toEqual({
      kind: 'wanted',
      serviceAccount: 'app',
      interval: undefined,
    });
    const annotations = { ...account, 'lockstep.dev/interval': '1m' };
    expect(parseShorthand({ labels, annotations })).toMatchObject({ kind: 'wanted', interval: '1m' });
  });

  it.for([
    [{ annotations: { 'lockstep.dev/servce-account': 'app' } }, 'did you mean lockstep.dev/service-account?'],
    [{ annotations: { 'lockstep.dev/force-snyc': '1' } }, 'did you mean lockstep.dev/force-sync?'],
    [{ annotations: { 'lockstep.dev/zzz': '1' } }, 'known are lockstep.dev/sync, lockstep.dev/service-account'],
    [{ annotations: { 'Lockstep.dev/interval': '1m' } }, 'did you mean lockstep.dev/interval?'],
    [{ annotations: { 'lockstep.dev/sync': 'true' } }, 'belongs under metadata.labels'],
    [{ labels: { 'lockstep.dev/service-account': 'app' } }, 'belongs under metadata.annotations'],
    [{ labels: { 'lockstep.dev/sycn': 'true' } }, 'did you mean lockstep.dev/sync?'],
    [{ annotations: { ...account, 'lockstep.dev/interval': '10ms' } }, 'at least 1s'],
    [{ annotations: { 'lockstep.dev/service-account': 'My App' } }, 'must be the name of a service account'],
    [{ annotations: { 'lockstep.dev/service-account': '' } }, 'must be the name of a service account'],
  ] as const)('does not guess at %j', ([metadata, message]) => {
    expect(parseShorthand(metadata)).toMatchObject({
      kind: 'unclear',
      problems: [{ code: 'SYNC_INVALID', message: expect.stringContaining(message) }],
    });
  });

  it('says the account where that is clear, and all problems', () => {
    const annotations = { ...account, 'lockstep.dev/a': '', 'lockstep.dev/b': '' };
    const shorthand = parseShorthand({ annotations });
    expect(shorthand).toMatchObject({ kind: 'unclear', serviceAccount: 'app' });
    expect(shorthand.kind === 'unclear' && shorthand.problems.length).toBe(2);
  });

  it('never throws', () => {
    const key = fc.oneof(
      fc.string(),
      fc.string().map((text) => `lockstep.dev/${text}`),
    );
    const marks = fc.dictionary(key, fc.string());
    fc.assert(
      fc.property(marks, marks, (someLabels, annotations) => {
        expect(['none', 'wanted', 'unclear']).toContain(parseShorthand({ labels: someLabels, annotations }).kind);
      }),
    );
  });
});
