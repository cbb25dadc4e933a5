import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretError } from '../../core/errors.ts';
import { isBelowApi, parseAddress } from './address.ts';

describe('an address', () => {
  it.for([
    ['https://vault:8200', { origin: 'https://vault:8200', basePath: '' }],
    ['https://vault:8200/', { origin: 'https://vault:8200', basePath: '' }],
    ['http://vault/proxy//', { origin: 'http://vault', basePath: '/proxy' }],
    ['https://Vault:443', { origin: 'https://vault', basePath: '' }],
    ['http://2852039166', { origin: 'http://169.254.169.254', basePath: '' }],
    ['http://0xA9.254.0251.0376:80', { origin: 'http://169.254.169.254', basePath: '' }],
    ['http://[::FFFF:169.254.169.254]', { origin: 'http://[::ffff:a9fe:a9fe]', basePath: '' }],
    ['unix:///run/agent.sock', { socketPath: '/run/agent.sock', origin: 'http://localhost', basePath: '' }],
  ] as const)('%s is taken apart', ([text, expected]) => {
    expect(parseAddress(text)).toMatchObject(expected);
  });

  it.for([
    '',
    'vault:8200',
    'ftp://vault',
    'https://',
    'https://vault\n',
    ' https://vault',
    'https://va ult',
    'https://user:secret-password@vault',
    'https://vault/?q=secret-password',
    'https://vault/#secret-password',
    'unix://relative',
    'unix://',
    'unix:///a\u0000b',
    'javascript:alert(1)',
  ])('%j is refused without its secrets', (text) => {
    const refusal = expect.objectContaining({
      code: 'MANIFEST_INVALID',
      message: expect.not.stringContaining('secret-password'),
    });
    expect(() => parseAddress(text)).toThrow(refusal);
  });

  it('is an address or a refusal, whatever the text', () => {
    const scheme = fc.constantFrom('https://', 'http://', 'unix://', '');
    const isCleanOrRefused = (text: string): boolean => {
      try {
        const { origin, basePath } = parseAddress(text);
        return new URL(origin + basePath).pathname === (basePath === '' ? '/' : basePath);
      } catch (error) {
        return error instanceof SecretError && error.code === 'MANIFEST_INVALID';
      }
    };
    fc.assert(
      fc.property(scheme, fc.string({ unit: 'binary' }), (start, rest) => {
        expect(isCleanOrRefused(start + rest)).toBe(true);
      }),
    );
  });

  it('keeps paths below its own /v1/', () => {
    const address = parseAddress('https://vault/proxy');
    expect(isBelowApi(address, '/proxy/v1/kv/a')).toBe(true);
    expect(isBelowApi(address, '/v1/kv/a')).toBe(false);
    expect(isBelowApi(address, '/proxy/v12/kv/a')).toBe(false);
  });
});
