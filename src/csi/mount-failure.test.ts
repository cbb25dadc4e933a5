import { describe, expect, it } from 'vitest';

import { type ErrorCode, SecretError } from '../core/errors.ts';
import type { ObjectFailure } from '../core/resolver.ts';
import { MountProblems, requireAll, requireParsed } from './mount-failure.ts';

describe('problems of a request or manifest', () => {
  it('are one error with the telling code', () => {
    const problems = [
      { path: 'parameters.roleName', message: 'is missing' },
      { path: 'objects', line: 3, message: 'is outside', code: 'PATH_FORBIDDEN' as const },
    ];

    expect(catchError(() => requireParsed({ ok: false, problems }))).toMatchObject({
      code: 'PATH_FORBIDDEN',
      message: 'parameters.roleName: is missing; objects line 3: is outside',
    });
  });

  it('are counted when there are too many, and are all in the cause', () => {
    const problems = Array.from({ length: 150 }, (_, index) => ({ path: `objects[${index}]`, message: 'is wrong' }));

    const error = catchError(() => requireParsed({ ok: false, problems }));

    expect(error?.message).toMatch(/^objects\[0\]: is wrong; objects\[1\]: .* and \d+ more$/);
    expect(Buffer.byteLength(error?.message ?? '')).toBeLessThanOrEqual(960);
    expect(error?.cause instanceof MountProblems && error.cause.problems).toHaveLength(150);
  });
});

describe('failed objects', () => {
  it('do not throw when there are none', () => {
    expect(() => requireAll([])).not.toThrow();
  });

  it.for([
    [['VAULT_TIMEOUT', 'VAULT_DENIED'], 'VAULT_DENIED'],
    [['VAULT_TIMEOUT', 'VAULT_UNREACHABLE'], 'VAULT_TIMEOUT'],
    [['KEY_MISSING', 'VAULT_DENIED'], 'KEY_MISSING'],
  ] as const satisfies [ErrorCode[], ErrorCode][])('%j end as %s', ([codes, code]) => {
    const failures = codes.map((each) => failure(each, each, `object "${each}" failed`));

    expect(catchError(() => requireAll(failures))?.code).toBe(code);
  });

  it('share one reason, with the names that it does not say', () => {
    const failures = [
      failure('a', 'VAULT_LOGIN_REFUSED', 'role "app" refused'),
      failure('b', 'VAULT_LOGIN_REFUSED', 'role "app" refused'),
      failure('c', 'KEY_MISSING', 'object "c" has no key "x"'),
    ];

    expect(catchError(() => requireAll(failures))?.message).toBe(
      '"a"; "b": role "app" refused; object "c" has no key "x"',
    );
  });

  it('keep the cause of the telling one for the log', () => {
    const cause = new Error('socket hang up');
    const error = catchError(() => requireAll([{ name: 'a', error: new SecretError('VAULT_TLS', 'bad', { cause }) }]));

    expect(error?.cause instanceof MountProblems && error.cause.problems).toEqual(['"a": bad']);
    expect(error?.cause instanceof MountProblems && error.cause.cause).toBe(cause);
  });
});

function failure(name: string, code: ErrorCode, message: string): ObjectFailure {
  return { name, error: new SecretError(code, message) };
}

function catchError(work: () => unknown): SecretError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof SecretError ? error : undefined;
  }
}
