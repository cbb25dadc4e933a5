import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { catalogue, type ErrorCode, SecretError, toSecretError } from './errors.ts';

// Keys of the catalogue; Object.keys forgets their type.
const codes = Object.keys(catalogue) as ErrorCode[];

/** After one of these kubelet may start the pod with an empty volume, for good. */
const harmful = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'CANCELLED', 'OK'];

describe('the catalogue', () => {
  it.for(codes)('gives %s a status that harms no pod', (code) => {
    expect(harmful).not.toContain(catalogue[code].status);
  });

  it.for(codes)('says of %s that a retry is hopeless when the author of the manifest has to act', (code) => {
    const { fault, retry } = catalogue[code];

    expect(fault === 'user' && retry).toBe(false);
  });

  it('takes nothing but silence and overload of the store for an outage', () => {
    const outages = codes.filter((code) => new SecretError(code, 'message').isOutage);

    expect(outages).toEqual([
      'VAULT_UNREACHABLE',
      'VAULT_TIMEOUT',
      'VAULT_UNAVAILABLE',
      'AWS_UNREACHABLE',
      'AWS_TIMEOUT',
      'AWS_THROTTLED',
      'AWS_UNAVAILABLE',
      'MOUNT_DEADLINE',
    ]);
  });

  it('takes nothing but a missing secret or key for absent', () => {
    const absent = codes.filter((code) => new SecretError(code, 'message').isAbsent);

    expect(absent).toEqual(['VAULT_NOT_FOUND', 'VAULT_ANSWER_EMPTY', 'AWS_NOT_FOUND', 'KEY_MISSING']);
  });
});

describe('SecretError', () => {
  it('is named, coded and keeps its cause', () => {
    const cause = new Error('socket hang up');
    const error = new SecretError('VAULT_UNREACHABLE', 'Vault cannot be reached', { cause });

    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('SecretError: Vault cannot be reached');
    expect(inspect(error)).toContain("code: 'VAULT_UNREACHABLE'");
    expect(error.status).toBe('UNKNOWN');
  });
});

describe('toSecretError', () => {
  it('leaves a SecretError as it is', () => {
    const error = new SecretError('KEY_MISSING', 'no such key');

    expect(toSecretError(error)).toBe(error);
  });

  it.for<readonly [string, unknown]>([
    ['an error', new Error('token s.abc was refused')],
    ['a string', 'token s.abc was refused'],
    ['undefined', undefined],
    ['null', null],
    ['an object', { message: 'token s.abc was refused', code: 'KEY_MISSING' }],
  ])('keeps the words of %s out of the message', ([, thrown]) => {
    const error = toSecretError(thrown);

    expect(error.code).toBe('INTERNAL');
    expect(error.message).not.toContain('s.abc');
    expect(error.cause).toBe(thrown);
  });
});
