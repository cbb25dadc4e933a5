import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatHashes, formatPins, formatStamp, parseHashes, parsePins, parseStamp, type StampMode } from './stamps.ts';

const hash = '0123456789av';
const secretNames = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,8}[a-z0-9])?(?:\.[a-z0-9]{1,3})?$/);
const hashes = fc.stringMatching(/^[0-9a-v]{12}$/);
const hashEntries = fc.dictionary(secretNames, hashes, { maxKeys: 4 }).map((each) => new Map(Object.entries(each)));

describe('the annotation of hashes', () => {
  it('is sorted text with the id of the key before it', () => {
    const entries = new Map([
      ['tls', hash],
      ['db', 'aaaaaaaaaaaa'],
    ]);

    expect(formatHashes('0123abcd', entries)).toBe(`kid=0123abcd;db=aaaaaaaaaaaa,tls=${hash}`);
    expect(parseHashes(`kid=0123abcd;db=aaaaaaaaaaaa,tls=${hash}`)).toEqual({
      keyId: '0123abcd',
      entries,
      problems: [],
    });
  });

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(hashEntries, (entries) => {
        expect(parseHashes(formatHashes('0123abcd', entries))).toEqual({ keyId: '0123abcd', entries, problems: [] });
      }),
    );
  });

  it('that names no key says so, and keeps what it can', () => {
    expect(parseHashes(`db=${hash}`)).toEqual({
      keyId: undefined,
      entries: new Map([['db', hash]]),
      problems: ['lockstep.dev/secret-hashes names no key, so that its hashes cannot be compared'],
    });
  });
});

describe('the annotation of pins', () => {
  it('comes back as it was written, for names that end like versions too', () => {
    fc.assert(
      fc.property(hashEntries, (entries) => {
        const pins = new Map([...entries].map(([secret, version]) => [secret, `${secret}-${version}`]));
        expect(parsePins(formatPins(pins))).toEqual({ keyId: undefined, entries: pins, problems: [] });
      }),
    );
    const nested = new Map([[`db-${hash}`, `db-${hash}-${hash}`]]);
    expect(parsePins(formatPins(nested)).entries).toEqual(nested);
  });

  it.for(['tls', `tls-${hash}`, `db-${hash}x`, `db-${hash.toUpperCase()}`, 'db', '', `db${hash}`])(
    'lets nothing point at %j but versions of the Secret itself',
    (target) => {
      expect(parsePins(`db=${target}`)).toMatchObject({
        entries: new Map(),
        problems: ['lockstep.dev/pins: entry 1 is malformed, and skipped'],
      });
    },
  );
});

describe('parseStamp', () => {
  it.for<StampMode>(['Restart', 'Pin'])('finds nothing, and nothing wrong, where there is nothing (%s)', (mode) => {
    expect(parseStamp(mode, undefined)).toEqual({ keyId: undefined, entries: new Map(), problems: [] });
    expect(formatStamp(mode, { keyId: '0123abcd', entries: new Map() })).toBeUndefined();
  });

  it('skips what is malformed and what is said twice, and says where', () => {
    const { entries, problems } = parseHashes(
      `kid=0123abcd; a=${hash} ,db,db=x,,db=${hash},db=aaaaaaaaaaaa,=${hash},A=b`,
    );

    expect(entries).toEqual(
      new Map([
        ['a', hash],
        ['db', hash],
      ]),
    );
    expect(problems).toEqual([
      'lockstep.dev/secret-hashes: entry 2 is malformed, and skipped',
      'lockstep.dev/secret-hashes: entry 3 is malformed, and skipped',
      'lockstep.dev/secret-hashes: entry 4 is malformed, and skipped',
      'lockstep.dev/secret-hashes: entry 6 is a repetition, and skipped',
      'lockstep.dev/secret-hashes: entry 7 is malformed, and skipped',
    ]);
  });

  it('never throws, and is quick with a text as long as annotations get', () => {
    fc.assert(
      fc.property(fc.constantFrom<StampMode>('Restart', 'Pin'), fc.string({ unit: 'binary' }), (mode, text) => {
        expect(parseStamp(mode, text).problems.length).toBeLessThanOrEqual(6);
      }),
    );
    expect(parsePins('-'.repeat(250_000)).problems).toHaveLength(1);
    expect(parsePins(','.repeat(250_000)).problems).toHaveLength(5);
    expect(parsePins(`a=${'a-'.repeat(125_000)}`).problems).toHaveLength(1);
  });
});
