import { describe, expect, it } from 'vitest';

import { SecretError } from '../core/errors.ts';
import type { ApiCall } from './client/api-call.ts';
import { isObjectMissing, toCallError } from './client/api-errors.ts';
import { resources } from './objects.ts';

const apply: ApiCall = { verb: 'apply', resource: resources.secrets, namespace: 'shop', name: 'db' };

describe('a missing object', () => {
  it.for<[string, object | string, boolean]>([
    ['is the one that was asked for', { reason: 'NotFound', details: { kind: 'secrets', name: 'db' } }, true],
    ['may be named by its kind', { reason: 'NotFound', details: { kind: 'Secret', name: 'db' } }, true],
    ['is not its namespace', { reason: 'NotFound', details: { kind: 'namespaces', name: 'shop' } }, false],
    ['is not its kind', { reason: 'NotFound', details: {} }, false],
    ['is not another one', { reason: 'NotFound', details: { kind: 'secrets', name: 'other' } }, false],
    ['is not a path', '404 page not found', false],
    ['is not what a proxy says', '{"kind":"Page"}', false],
    ['is not null', 'null', false],
  ])('%s', ([, words, expected]) => {
    const text = typeof words === 'string' ? words : JSON.stringify({ kind: 'Status', ...words });

    expect(isObjectMissing({ status: 404, body: Buffer.from(text) }, { ...apply, verb: 'get' })).toBe(expected);
  });
});

describe('a call without an answer', () => {
  it.for([
    ['ECONNREFUSED', 'KUBE_UNREACHABLE', 'no connection to the API server (ECONNREFUSED); check its address'],
    ['ENOTFOUND', 'KUBE_UNREACHABLE', '(ENOTFOUND)'],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'KUBE_UNREACHABLE',
      'certificate problem UNABLE_TO_VERIFY_LEAF_SIGNATURE; check the',
    ],
    ['HPE_INVALID_CONSTANT', 'KUBE_ANSWER_INVALID', 'it is not HTTP (HPE_INVALID_CONSTANT)'],
    ['ERR_INVALID_CHAR', 'KUBE_UNAUTHENTICATED', 'the token has characters that HTTP does not allow'],
  ] as const)('names %s', ([code, expected, message]) => {
    const error = toCallError(Object.assign(new Error('hidden'), { code }), apply);

    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(message) });
    expect(error.message).toContain('apply secrets shop/db: ');
    expect(error.message).not.toContain('hidden');
  });

  it('tells that time ran out', () => {
    expect(toCallError(new DOMException('late', 'TimeoutError'), apply)).toMatchObject({ code: 'KUBE_TIMEOUT' });
  });

  it('passes on what is explained already, and hides what is not', () => {
    const explained = new SecretError('NOT_LEADER', 'x');

    expect(toCallError(explained, apply)).toBe(explained);
    expect(toCallError(new Error('hidden'), apply)).toMatchObject({ code: 'INTERNAL' });
  });
});
