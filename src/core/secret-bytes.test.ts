import { format, inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogger } from '../platform/logger.ts';
import { SecretBytes } from './secret-bytes.ts';

const text = 'correct horse battery staple';

describe('a SecretBytes prints as [redacted]', () => {
  const secret = SecretBytes.from(text);

  it.for<readonly [string, () => string]>([
    ['String', () => String(secret)],
    // oxlint-disable-next-line typescript/restrict-template-expressions -- what somebody will do one day
    ['a template', () => `${secret}`],
    ['a joined list', () => [secret].join()],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspect', () => inspect(secret)],
    ['inspect with everything', () => inspect({ secret }, { showHidden: true, depth: null, showProxy: true })],
    ['inspect of a Map', () => inspect(new Map([['key', secret]]))],
    ['inspect of an error', () => inspect(new Error('failed', { cause: { secret } }))],
    ['format %s', () => format('%s', secret)],
    ['format %o', () => format('%o', { secret })],
    ['format %O', () => format('%O', secret)],
    ['format %j', () => format('%j', secret)],
    ['a log line', () => logged('json')],
    ['a log line for people', () => logged('text')],
  ])('in %s', ([, print]) => {
    const printed = print();

    expect(printed).toContain('[redacted]');
    expect(printed).not.toContain('horse');
    expect(printed).not.toContain(Buffer.from('horse').toString('hex'));
  });

  function logged(form: 'json' | 'text'): string {
    const lines: string[] = [];
    const logger = createLogger({ level: 'debug', format: form, write: (line) => void lines.push(line) });
    logger.info({ secret, nested: { secret }, err: new Error('failed', { cause: secret }) }, 'a secret in a log');
    return lines.join('');
  }
});

describe('a SecretBytes shows nothing', () => {
  const secret = SecretBytes.from(text);

  it.for<readonly [string, () => unknown]>([
    ['to structuredClone', () => structuredClone(secret)],
    // oxlint-disable-next-line typescript/no-misused-spread -- what somebody will do one day
    ['to a spread', () => ({ ...secret })],
    ['to Object.assign', () => Object.assign({}, secret)],
    ['to its keys', () => Reflect.ownKeys(secret)],
    ['to Object.entries', () => Object.entries(secret)],
  ])('%s', ([, look]) => {
    expect(Reflect.ownKeys(look() as object).filter((key) => key !== 'length')).toEqual([]);
  });
});

describe('the bytes of a SecretBytes', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(new Uint8Array(SecretBytes.from(bytes).reveal())).toEqual(bytes);
      }),
    );
  });

  it('are UTF-8 when they come from a string', () => {
    const secret = SecretBytes.from('é✓');

    expect(secret.size).toBe(5);
    expect(secret.reveal().toString()).toBe('é✓');
  });

  it('are those of the view alone, not of the memory behind it', () => {
    const behind = Buffer.from('before-secret-after');

    expect(SecretBytes.from(behind.subarray(7, 13)).reveal().toString()).toBe('secret');
  });

  it.for([
    ['a part of common memory', Buffer.from('secret')],
    ['a string', 'secret'],
    ['a part of a long answer', Buffer.alloc(10_000, 'x').subarray(0, 6)],
  ] as const)('keep no more memory than their own when they come from %s', ([, value]) => {
    expect(SecretBytes.from(value).reveal().buffer.byteLength).toBe(6);
  });

  it('are gone after zero', () => {
    const bytes = new Uint8Array(Buffer.from(text));
    const secret = SecretBytes.from(bytes);
    secret.zero();

    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(secret.size).toBe(text.length);
  });
});

describe('equals', () => {
  it.for([
    ['a', 'a', true],
    ['', '', true],
    ['a', 'b', false],
    ['a', 'ab', false],
    ['a', '', false],
  ] as const)('of %j and %j is %s', ([a, b, equal]) => {
    expect(SecretBytes.from(a).equals(SecretBytes.from(b))).toBe(equal);
  });
});
