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

interface RecordedCase {
  readonly name: string;
  readonly request: MountRequest;
  readonly expect: { readonly error: object | null };
}

const recorded = readRecorded();

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
