import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import type { MountRequest } from '../gen/v1alpha1/service.ts';
import { parseRequest } from './request.ts';

it('reads every recorded request of the official provider as that does', () => {
  const refusedByDriverText = new Set(recorded.filter(isRefused).map(({ name }) => name));
  const unreadable = recorded.filter(({ request }) => !parseRequest(request).ok).map(({ name }) => name);

  expect(unreadable.filter((name) => !refusedByDriverText.has(name))).toEqual([]);
  expect(unreadable).toEqual(expect.arrayContaining(namesOfRefusals));
});

/** Recorded refusals that come from the request itself. */
const namesOfRefusals = [
  'attributes-not-json',
  'attributes-array',
  'attributes-number-value',
  'attributes-object-value',
  'attributes-trailing-text',
  'target-path-missing',
  'permission-quoted',
  'permission-float',
  'permission-negative',
  'permission-word',
  'permission-exponent',
  'tokens-array',
  'tokens-number-expiration',
];

it('reads every recorded request to the official AWS provider as that does, or refuses it where that is as good', () => {
  const unreadable = awsCases.filter(({ request }) => !parseRequest(request).ok);

  expect(unreadable.filter(({ mayBeRefused }) => !mayBeRefused).map(({ name }) => name)).toEqual([]);
  expect(unreadable.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'target-path-empty',
      'attributes-empty',
      'attributes-number-value',
      'permission-string',
      'tokens-array',
    ]),
  );
});

interface RecordedCase {
  readonly name: string;
  readonly request: MountRequest;
  readonly expect: { readonly error: object | null };
}

const recorded = readRecorded();
const awsCases = readAwsCases();

function readRecorded(): readonly RecordedCase[] {
  const file = new URL('../../test/parity/vectors/vault-dev.json', import.meta.url);
  // The shape that test/parity/README.md describes.
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly StoredCase[] };
  return cases.flatMap(({ name, request, expect: expected }) => {
    if (request === undefined) return [];
    const { attributes, attributes_raw: raw, secrets, target_path: targetPath, permission } = request;
    const text = raw ?? JSON.stringify(attributes);
    return [
      {
        name,
        expect: expected,
        request: { attributes: text, secrets, targetPath, permission, currentObjectVersion: [] },
      },
    ];
  });
}

interface StoredCase {
  readonly name: string;
  readonly expect: RecordedCase['expect'];
  readonly request?: {
    readonly attributes?: object;
    readonly attributes_raw?: string;
    readonly secrets: string;
    readonly target_path: string;
    readonly permission: string;
  };
}

function isRefused({ expect: { error } }: RecordedCase): boolean {
  return error !== null;
}

interface AwsCase {
  readonly name: string;
  readonly request: Required<StoredCase>['request'];
  readonly tokens?: Readonly<Record<string, string>> | null;
  readonly tokens_raw?: string;
  readonly expect: { readonly error?: object };
  readonly accept?: readonly { readonly error?: object }[];
}

function readAwsCases(): readonly {
  readonly name: string;
  readonly request: MountRequest;
  readonly mayBeRefused: boolean;
}[] {
  const file = new URL('../../test/parity/vectors/aws-dev.json', import.meta.url);
  // The shape that test/parity/README-aws.md describes.
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly AwsCase[] };
  return cases.map(({ name, request, tokens, tokens_raw: rawTokens, expect: expected, accept = [] }) => {
    const { attributes, attributes_raw: raw, secrets, target_path: targetPath, permission } = request;
    const byAudience = Object.entries(tokens ?? {}).map(([audience, token]) => [audience, { token }]);
    const text = rawTokens ?? (tokens ? JSON.stringify(Object.fromEntries(byAudience)) : undefined);
    const all = { ...attributes, ...(text !== undefined && { 'csi.storage.k8s.io/serviceAccount.tokens': text }) };
    return {
      name,
      mayBeRefused: [expected, ...accept].some(({ error }) => error),
      request: { attributes: raw ?? JSON.stringify(all), secrets, targetPath, permission, currentObjectVersion: [] },
    };
  });
}
