import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeText } from './decode.ts';

describe('base64', () => {
  it.for([
    ['', ''],
    ['aGVsbG8=', 'hello'],
    ['aGVs\nbG8=\r\n', 'hello'],
    ['aGVsbG8\n=', 'hello'],
    ['aGl=', 'hi'],
    ['YQ==', 'a'],
    ['\r\n', ''],
  ] as const)('decodes %j', ([text, decoded]) => {
    expect(decodeText(text, 'base64')?.toString()).toBe(decoded);
  });

  it.for([
    'a',
    'aGVsbG8',
    'aGVs bG8=',
    'aGk=aGk=',
    '-_-_',
    '====',
    '==',
    'a===',
    'YQ==\0',
    'é===',
    'YQ=a',
    'not base64!',
  ])('refuses %j', (text) => {
    expect(decodeText(text, 'base64')).toBeUndefined();
  });

  it('decodes what was encoded, of any size', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeText(Buffer.from(bytes).toString('base64'), 'base64')).toEqual(Buffer.from(bytes));
      }),
    );
    expect(decodeText('QUFB'.repeat(1_500_000), 'base64')?.byteLength).toBe(4_500_000);
  });
});

describe('hex', () => {
  it.for(['', '00ff80', 'DEADBEEF', 'dEaDbEeF'])('decodes %j', (text) => {
    expect(decodeText(text, 'hex')?.toString('hex')).toBe(text.toLowerCase());
  });

  it.for(['abc', 'zz00', '6869\n', '0x12', ' 12', '٣٣'])('refuses %j', (text) => {
    expect(decodeText(text, 'hex')).toBeUndefined();
  });
});

describe('utf-8', () => {
  it('takes any text as it is', () => {
    expect(decodeText(' pläin\r\n✓ ', 'utf-8')?.toString()).toBe(' pläin\r\n✓ ');
  });
});
