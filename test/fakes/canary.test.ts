import { inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canaryForms, findCanary } from './canary.ts';

const marker = 'canary<"7>+/=é\n\'ÿ~?';

describe('findCanary', () => {
  it.for<readonly [string, (value: string) => string]>([
    ['plain', (value) => value],
    ['base64 at 0', (value) => Buffer.from(`${value}tail`).toString('base64')],
    ['base64 at 1', (value) => Buffer.from(`x${value}`).toString('base64')],
    ['base64 at 2', (value) => Buffer.from(`xy${value}tail`).toString('base64')],
    ['base64url at 1', (value) => Buffer.from(`head${value}t`).toString('base64url')],
    ['hex', (value) => Buffer.from(value).toString('hex')],
    ['upper-case hex', (value) => Buffer.from(value).toString('hex').toUpperCase()],
    ['spaced hex', (value) => inspect(Buffer.from(value))],
    ['byte list', (value) => JSON.stringify(Buffer.from(value))],
    ['URL', (value) => `http://127.0.0.1/${encodeURIComponent(value)}`],
    ['form', (value) => new URLSearchParams({ jwt: value }).toString()],
    ['JSON', (value) => JSON.stringify({ value })],
    ['JSON in JSON', (value) => JSON.stringify({ attributes: JSON.stringify({ value }) })],
    ['Go JSON', (value) => JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')],
    ['inspection', (value) => inspect({ value })],
  ])('finds the form %s', ([name, show]) => {
    expect(findCanary(`before ${show(marker)} after`, marker)).toContain(name);
  });

  it('finds any marker in base64, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (value, before, after) => {
        const text = Buffer.from(`${before}${value}${after}`).toString('base64');

        expect(findCanary(text, value).some((name) => name.startsWith('base64 at'))).toBe(true);
      }),
    );
  });

  it('finds a long token in a printed buffer, which Node cuts', () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.'.repeat(20);

    expect(findCanary(inspect({ body: Buffer.from(token) }), token)).toEqual(['spaced hex']);
  });

  it('finds nothing where nothing is', () => {
    expect(findCanary('object "db": key "canary" does not exist [redacted]', marker)).toEqual([]);
    expect(findCanary('', marker)).toEqual([]);
  });
});

describe('canaryForms', () => {
  it('lists equal forms once, under the plainest name', () => {
    const forms = canaryForms('canary-1234');

    expect(new Set(forms.map((form) => form.text)).size).toBe(forms.length);
    expect(forms.map((form) => form.name)).not.toContain('JSON');
    expect(forms[0]).toEqual({ name: 'plain', text: 'canary-1234' });
  });

  it('refuses a marker that chance could write', () => {
    expect(() => canaryForms('secret')).toThrow(RangeError);
  });
});
