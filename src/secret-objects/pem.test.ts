import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodePem, encodePem } from './pem.ts';

const block = (label: string, text = 'QUJD'): string => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
const labels = fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'X');

describe('decodePem', () => {
  it('reads blocks in order and ignores what stands around them', () => {
    const { blocks, damaged } = decodePem(`before\n${block('A')}\nsubject=x\n${block('B', 'RA==')}after`);

    expect(blocks.map(({ label, der }) => [label, der.toString()])).toEqual([
      ['A', 'ABC'],
      ['B', 'D'],
    ]);
    expect(damaged).toEqual([]);
  });

  it.for([
    ['carriage returns', block('A').replaceAll('\n', '\r\n')],
    ['white space at the ends of lines', block('A').replaceAll('\n', ' \t\n')],
    ['indentation', block('A').replaceAll(/^/gm, '    ')],
    ['lines of any length', block('A', 'Q\nUJ\n\nD')],
    ['spaces within lines', block('A', 'QU JD')],
    ['headers', block('A', 'friendlyName: my key\nlocalKeyId: 01\n\nQUJD')],
    ['headers without an empty line', block('A', 'a: b\nQUJD')],
    ['no line break at the end', block('A').trimEnd()],
  ] as const)('takes %s', ([, text]) => {
    expect(decodePem(text)).toEqual({
      blocks: [{ label: 'A', der: Buffer.from('ABC'), isEncrypted: false }],
      damaged: [],
    });
  });

  it('tells a block that is encrypted by its headers', () => {
    const text = block('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD');

    expect(decodePem(text).blocks).toMatchObject([{ isEncrypted: true }]);
  });

  it.for([
    ['has no end', '-----BEGIN A-----\nQUJD\n'],
    ['ends as another', '-----BEGIN A-----\nQUJD\n-----END B-----\n'],
    ['ends with more on the line', '-----BEGIN A-----\nQUJD\n-----END A----- x\n'],
    ['is cut off by the next', `-----BEGIN A-----\nQUJD\n${block('B')}`],
    ['is no base64', block('A', 'QU%D')],
    ['lacks padding', block('A', 'QUI')],
  ] as const)('names a block that %s', ([, text]) => {
    expect(decodePem(text).damaged).toEqual(['A']);
  });

  it.for(['', '-----BEGIN A-----', '-----END A-----\n', '-----BEGIN A----\nQUJD\n', 'x -----BEGIN A-----\nQUJD\n'])(
    'finds nothing in %j',
    (text) => {
      expect(decodePem(text).blocks).toEqual([]);
    },
  );

  it('reads what encodePem wrote, whatever stands between', () => {
    const noise = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('-----'));
    const parts = fc.array(fc.tuple(labels, fc.uint8Array({ maxLength: 200 }), noise));
    fc.assert(
      fc.property(parts, (all) => {
        const text = all
          .map(([label, bytes, between]) => `${encodePem(label, Buffer.from(bytes))}${between}\n`)
          .join('');
        const expected = all.map(([label, bytes]) => ({ label, der: Buffer.from(bytes), isEncrypted: false }));
        expect(decodePem(text)).toEqual({ blocks: expected, damaged: [] });
      }),
    );
  });

  it('finds at most one block for each beginning in any text', () => {
    const pieces = fc.constantFrom('-----BEGIN A-----', '-----END A-----', 'QUJD', 'a: b', '\n', '\n', '\r\n', ' ');
    fc.assert(
      fc.property(fc.array(pieces), (all) => {
        const { blocks, damaged } = decodePem(all.join(''));
        expect(blocks.length + damaged.length).toBeLessThanOrEqual(
          all.filter((piece) => piece.includes('BEGIN')).length,
        );
      }),
    );
  });
});

describe('encodePem', () => {
  it('writes 64 columns', () => {
    const digits = 'A'.repeat(64);

    expect(encodePem('X', Buffer.alloc(97))).toBe(`-----BEGIN X-----\n${digits}\n${digits}\nAA==\n-----END X-----\n`);
  });

  it('writes no line for nothing', () => {
    expect(encodePem('X', Buffer.alloc(0))).toBe('-----BEGIN X-----\n-----END X-----\n');
  });
});
