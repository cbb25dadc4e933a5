import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatProblem } from '../core/problem.ts';
import type { MountRequest } from '../gen/v1alpha1/service.ts';
import { parseRequest, type VolumeRequest } from './request.ts';

const identity = {
  'csi.storage.k8s.io/pod.name': 'web-1',
  'csi.storage.k8s.io/pod.namespace': 'shop',
  'csi.storage.k8s.io/pod.uid': 'uid-1',
  'csi.storage.k8s.io/serviceAccount.name': 'web',
};
const tokensKey = 'csi.storage.k8s.io/serviceAccount.tokens';

describe('attributes', () => {
  it('become parameters, with nulls as empty strings and without the tokens', () => {
    const { input } = accept({ attributes: attributesOf({ roleName: 'app', audience: null, [tokensKey]: '{}' }) });

    expect(input.parameters.get('roleName')).toBe('app');
    expect(input.parameters.get('audience')).toBe('');
    expect(input.parameters.has(tokensKey)).toBe(false);
  });

  it('keep names that mean something to JavaScript apart from everything else', () => {
    const { input } = accept({ attributes: attributesOf({}).replace('{', '{"__proto__":"a","constructor":"b",') });

    expect(input.parameters.get('__proto__')).toBe('a');
    expect(input.parameters.get('constructor')).toBe('b');
    expect(input.parameters.get('toString')).toBeUndefined();
  });

  it('name the pod and its account', () => {
    expect(accept({}).input.caller).toMatchObject({
      kind: 'pod',
      namespace: 'shop',
      serviceAccount: 'web',
      pod: { name: 'web-1', uid: 'uid-1' },
    });
  });

  it('are enough as the sync controller sends them', () => {
    const attributes = JSON.stringify({ ...identity, roleName: 'app' });

    expect(accept({ attributes, secrets: '{}', targetPath: '/mnt/secrets-store' }).targetPath).toBe(
      '/mnt/secrets-store',
    );
  });

  it.for([
    ['a missing account', { 'csi.storage.k8s.io/serviceAccount.name': undefined }, 'serviceAccount.name'],
    ['an empty uid', { 'csi.storage.k8s.io/pod.uid': '' }, 'pod.uid'],
  ] as const)('are refused with %s', ([, given, named]) => {
    expect(refuse({ attributes: attributesOf(given) })).toEqual([
      `attributes: lack the identity of the pod (csi.storage.k8s.io/${named}): the CSIDriver object must say podInfoOnMount: true`,
    ]);
  });

  it.for([
    '',
    '{roleName: a}',
    '[]',
    '"text"',
    '5',
    'true',
    '{"a":5}',
    '{"a":{"b":"c"}}',
    '{"a":["b"]}',
    '{"a":"b"} x',
  ])('are refused as %j', (attributes) => {
    expect(refuse({ attributes })[0]).toMatch(/^attributes(\.a)?: must be/);
  });

  it('are refused when they are nested without end', () => {
    expect(refuse({ attributes: `{"a":${'['.repeat(500_000)}` })[0]).toContain('nested deeper');
  });

  it('are refused without repeating them', () => {
    expect(refuse({ attributes: '{"password":"hunter2" oops}' }).join()).not.toContain('hunter2');
  });
});

describe('tokens', () => {
  it.for([
    ['in the attributes', { attributes: attributesOf({ [tokensKey]: '{"vault":{"token":"jwt"}}' }) }],
    ['in the secrets', { secrets: JSON.stringify({ [tokensKey]: '{"vault":{"token":"jwt"}}' }) }],
    ['in another case', { attributes: attributesOf({ [tokensKey]: '{"vault":{"TOKEN":"jwt","other":[1]}}' }) }],
    [
      'without a time that is one',
      { attributes: attributesOf({ [tokensKey]: '{"vault":{"token":"jwt","expirationTimestamp":"soon"}}' }) },
    ],
  ] as const satisfies [string, Partial<MountRequest>][])('are found %s', ([, request]) => {
    const { caller } = accept(request).input;

    expect(caller.tokens.get('vault')?.reveal().toString()).toBe('jwt');
    expect(caller.secrets.has(tokensKey)).toBe(false);
  });

  it('have the key "" for the audience of the API server', () => {
    const { tokens } = accept({ attributes: attributesOf({ [tokensKey]: '{"":{"token":"jwt"}}' }) }).input.caller;

    expect([...tokens.keys()]).toEqual(['']);
  });

  it.for(['', 'null', '{}', '{"vault":null}', '{"vault":{}}', '{"vault":{"token":""}}', '{"vault":{"token":null}}'])(
    'are none in %j',
    (tokens) => {
      expect(accept({ attributes: attributesOf({ [tokensKey]: tokens }) }).input.caller.tokens.size).toBe(0);
    },
  );

  it.for([
    'x',
    '[]',
    '"jwt"',
    '{"vault":"jwt"}',
    '{"vault":{"token":5}}',
    '{"vault":{"token":"jwt","expirationTimestamp":5}}',
  ])('are refused as %j, without repeating them', (tokens) => {
    const problems = refuse({ attributes: attributesOf({ [tokensKey]: tokens }) });

    expect(problems[0]).toContain(tokensKey);
    expect(problems.join()).not.toContain('jwt');
  });
});

describe('secrets', () => {
  it('are the members that are strings', () => {
    const { secrets } = accept({ secrets: '{"secret_id":"s3cret","other":5,"__proto__":"p"}' }).input.caller;

    expect([...secrets.keys()]).toEqual(['secret_id', '__proto__']);
    expect(secrets.get('secret_id')?.reveal().toString()).toBe('s3cret');
  });

  it.for(['null', '', '{}', '{not json', '[]', '5'])('are none in %j', (secrets) => {
    expect(accept({ secrets }).input.caller.secrets.size).toBe(0);
  });
});

describe('permission', () => {
  it.for([
    ['420', 0o644],
    ['0', 0],
    ['384', 0o600],
    ['4095', 0o7777],
    [' 420\n', 0o644],
  ] as const)('%j is %i', ([permission, mode]) => {
    expect(accept({ permission }).input.defaultMode).toBe(mode);
  });

  it.for([
    '',
    'null',
    '"420"',
    '420.5',
    '420.0',
    '-1',
    '-0',
    'rw',
    '42e1',
    '0420',
    '+420',
    '4096',
    '99999999999',
    '4 2',
  ])('%j is refused', (permission) => {
    expect(refuse({ permission })).toEqual([
      'permission: must be a decimal number from 0 to 4095, such as 420 for 0644',
    ]);
  });
});

it('names all problems of a request at once', () => {
  const problems = refuse({ attributes: '{"a":1,"b":2}', permission: 'rw', targetPath: '' });

  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'attributes.a',
    'attributes.b',
    'permission',
    'target_path',
    'attributes',
  ]);
});

it('takes any text without crashing', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((json) => `{"${tokensKey}":${JSON.stringify(json)}}`),
  );
  fc.assert(
    fc.property(fc.record({ attributes: text, secrets: text, permission: text, targetPath: text }), (given) => {
      const parsed = parseRequest({ ...given, currentObjectVersion: [] });

      expect(parsed.ok || parsed.problems.every(({ code }) => code === 'REQUEST_INVALID')).toBe(true);
    }),
  );
});

function attributesOf(given: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...identity, ...given });
}

function accept(given: Partial<MountRequest>): VolumeRequest {
  const parsed = parse(given);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('; '));
  return parsed.value;
}

function refuse(given: Partial<MountRequest>): readonly string[] {
  const parsed = parse(given);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

function parse(given: Partial<MountRequest>): ReturnType<typeof parseRequest> {
  const request = { attributes: attributesOf({}), secrets: 'null', targetPath: '/target', permission: '420' };
  return parseRequest({ ...request, currentObjectVersion: [], ...given });
}
