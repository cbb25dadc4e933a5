import { describe, expect, it } from 'vitest';

import { SecretError } from '../../core/errors.ts';
import type { ApiCall } from './api-call.ts';
import { toAnswerError } from './api-errors.ts';
import { resources } from '../objects.ts';

const { secrets, syncs, classes, namespaces, serviceAccounts } = resources;

const apply: ApiCall = { verb: 'apply', resource: secrets, namespace: 'shop', name: 'db' };

interface Words {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: object;
}

function answer(status: number, words?: Words | string) {
  const body = typeof words === 'object' ? JSON.stringify({ kind: 'Status', ...words }) : (words ?? '');
  return { status, body: Buffer.from(body) };
}

function rbac(verb: string, resource: string, place = 'in the namespace "shop"'): Words {
  const message = `${resource} "db" is forbidden: User "system:serviceaccount:lockstep:lockstep" cannot ${verb} resource "${resource}" in API group "" ${place}`;
  return { message, reason: 'Forbidden' };
}

describe('an answer that is no success', () => {
  it.for<[string, number, Words | string | undefined, string, string]>([
    [
      'a 401',
      401,
      { message: 'Unauthorized' },
      'KUBE_UNAUTHENTICATED',
      "Unauthorized; check lockstep's own credentials",
    ],
    [
      'a full quota',
      403,
      { message: 'secrets "db" is forbidden: exceeded quota: few, requested: count/secrets=1' },
      'QUOTA_EXCEEDED',
      'exceeded quota: few, requested: count/secrets=1; raise the quota',
    ],
    [
      'a namespace that goes, by its cause',
      403,
      { message: 'no', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
      'NAMESPACE_TERMINATING',
      'no; nothing new can be made there',
    ],
    [
      'a namespace that goes, by its words',
      403,
      { message: 'unable to create new content in namespace shop because it is being terminated' },
      'NAMESPACE_TERMINATING',
      'being terminated; nothing new',
    ],
    [
      'a policy that forbids',
      403,
      { message: "secrets \"db\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no" },
      'KUBE_REFUSED',
      'denied request: no; correct what the reason names',
    ],
    [
      'a webhook that denies',
      403,
      { message: 'admission webhook "w" denied the request: no' },
      'KUBE_REFUSED',
      'denied the request: no',
    ],
    [
      'a 403 of something else',
      403,
      'a page',
      'KUBE_FORBIDDEN',
      'lockstep may not patch secrets in namespace shop (the API server answered 403); grant it',
    ],
    [
      'the object',
      404,
      { message: 'secrets "db" not found', reason: 'NotFound', details: { kind: 'secrets', name: 'db' } },
      'KUBE_NOT_FOUND',
      'secrets "db" not found; create it',
    ],
    [
      'the namespace',
      404,
      { message: 'namespaces "shop" not found', reason: 'NotFound', details: { kind: 'namespaces', name: 'shop' } },
      'KUBE_NOT_FOUND',
      'namespaces "shop" not found; create the namespace',
    ],
    [
      'a change meanwhile',
      409,
      { message: 'the object has been modified' },
      'KUBE_CONFLICT',
      'apply secrets shop/db: the object has been modified; it is read and tried again',
    ],
    [
      'an old version',
      410,
      { message: 'too old resource version: 1 (5)' },
      'KUBE_GONE',
      'too old resource version: 1 (5); everything is listed again',
    ],
    [
      'an invalid object',
      422,
      { message: 'Secret "db" is invalid: data[tls.key]: Required value' },
      'KUBE_REFUSED',
      'data[tls.key]: Required value; correct what the reason names',
    ],
    ['a bad request', 400, { message: 'bad' }, 'KUBE_REFUSED', 'bad; correct'],
    ['too much', 413, { message: 'Request entity too large: limit is 3145728' }, 'KUBE_REFUSED', 'too large'],
    [
      'too many',
      429,
      { message: 'too many requests' },
      'KUBE_UNAVAILABLE',
      'too many requests; look at the API server',
    ],
    [
      'a failure',
      500,
      { message: 'etcdserver: request timed out' },
      'KUBE_UNAVAILABLE',
      'etcdserver: request timed out; look at the API server; it is tried again',
    ],
    [
      'what does not fit the schema',
      500,
      { message: 'failed to create typed patch object (shop/db; v1, Kind=Secret): .a: field not declared in schema' },
      'KUBE_REFUSED',
      'field not declared in schema; correct',
    ],
    [
      'a page of a proxy',
      502,
      '<html>hidden</html>',
      'KUBE_UNAVAILABLE',
      'the API server answered 502; look at the API server',
    ],
    ['a redirect', 302, undefined, 'KUBE_ANSWER_INVALID', 'the API server answered 302; check that the address'],
  ])('names %s', ([, status, words, code, message]) => {
    const error = toAnswerError(answer(status, words), apply);

    expect(error).toBeInstanceOf(SecretError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error.message).toContain('secrets');
    expect(error.message).not.toContain('html');
    expect(error.cause).toBeUndefined();
  });

  it.for<[ApiCall, Words, string]>([
    [
      apply,
      rbac('patch', 'secrets'),
      'lockstep may not patch secrets in namespace shop (secrets "db" is forbidden: User',
    ],
    [apply, rbac('create', 'secrets'), 'lockstep may not create secrets in namespace shop ('],
    [
      { verb: 'list', resource: classes },
      rbac('list', 'secretproviderclasses'),
      'lockstep may not list secretproviderclasses.secrets-store.csi.x-k8s.io in all namespaces (',
    ],
    [
      { verb: 'get', resource: namespaces, name: 'shop' },
      rbac('get', 'namespaces'),
      'lockstep may not get namespaces (',
    ],
    [
      { ...apply, resource: syncs, subresource: 'status' },
      rbac('patch', 'x/status'),
      'lockstep may not patch secretproviderclasssyncs.lockstep.dev/status in namespace shop (',
    ],
    [
      { verb: 'create', resource: serviceAccounts, namespace: 'shop', name: 'web', subresource: 'token' },
      rbac('create', 'serviceaccounts/token'),
      'lockstep may not create serviceaccounts/token in namespace shop (',
    ],
  ])('says what to grant: %#', ([call, words, message]) => {
    const error = toAnswerError(answer(403, words), call);

    expect(error.code).toBe('KUBE_FORBIDDEN');
    expect(error.message.startsWith(message)).toBe(true);
    expect(error.message.endsWith('); grant it')).toBe(true);
  });

  it.for([
    [syncs, 'install the CRDs of deploy/crds'],
    [classes, 'install the CRDs of the Secrets Store CSI driver'],
    [secrets, 'check its version'],
  ] as const)('tells a kind that is not served from an object that is not there: %#', ([resource, remedy]) => {
    const error = toAnswerError(answer(404, '404 page not found\n'), { ...apply, resource });

    expect(error.code).toBe('KUBE_NOT_FOUND');
    expect(error.message).toContain(
      `the API server answered 404; the API server does not know ${resource.plural}: ${remedy}`,
    );
  });

  it('takes the uid of an object that is another now for a conflict, where a uid was sent', () => {
    const invalid = answer(422, {
      message: 'uid',
      details: { causes: [{ field: 'metadata.uid', reason: 'FieldValueInvalid' }] },
    });

    expect(toAnswerError(invalid, { ...apply, body: { metadata: { name: 'db', uid: '1' } } }).code).toBe(
      'KUBE_CONFLICT',
    );
    expect(toAnswerError(invalid, { ...apply, body: { metadata: { name: 'db' } } }).code).toBe('KUBE_REFUSED');
  });

  it('keeps the words of the server on one line and short', () => {
    const error = toAnswerError(answer(422, { message: `a\n\u0007b${'c'.repeat(10_000)}` }), apply);

    expect(error.message).toMatch(/shop\/db: a bc+…; /);
    expect(error.message.length).toBeLessThan(620);
  });

  it('shows no data of the Secret that was sent, also not where it would be clipped', () => {
    const data = { a: Buffer.from('correct horse').toString('base64') };
    const message = `${'x'.repeat(494)}correct horse, ${data.a}`;

    const error = toAnswerError(answer(422, { message }), { ...apply, body: { data } });

    expect(error.message).not.toContain('xcorr');
    expect(error.message).not.toContain(data.a.slice(0, 4));
  });

  it('does not hide what objects of other kinds hold', () => {
    const call: ApiCall = { ...apply, resource: syncs, body: { data: { a: 'the words' } } };

    expect(toAnswerError(answer(422, { message: 'the words' }), call).message).toContain('the words');
  });
});
