import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import type { Caller } from '../core/caller.ts';
import { type JsonObject, JsonNumber, type JsonValue, isJsonObject, parseJson } from '../core/go-json.ts';
import type { PlannedObject } from '../core/plan.ts';
import { formatProblem } from '../core/problem.ts';
import type { StoreDefaults } from '../core/store-defaults.ts';
import { createDialects } from './dialect.ts';

/** What the official provider answered, of which the dialect decides the refusals, names, modes and version inputs. */
const vectors = new URL('../../test/parity/vectors/vault-dev.json', import.meta.url);

/** Refused by the dialect though the recording has files: the driver would refuse the names. */
const deviations: ReadonlySet<string> = new Set(['name-empty', 'name-escaping-left-to-driver']);

/** Recorded errors that are the manifest's fault; any other error is found where the store is asked. */
const manifestErrors: ReadonlySet<string> = new Set([
  'role-missing',
  'role-empty',
  'auth-mount-both-empty',
  'skip-tls-value-bad-yes',
  'skip-tls-value-bad-space',
  'skip-tls-value-bad-mixed-case',
  'skip-tls-value-bad-on',
  'tls-client-key-without-cert',
  'address-control-character',
  'address-unknown-scheme',
  'check-order-tls-before-yaml',
  'check-order-yaml-before-tokens',
  'check-order-target-before-role',
  'objects-missing',
  'objects-empty-list',
  'objects-comment-only',
  'objects-blank',
  'objects-map',
  'objects-scalar',
  'objects-list-of-lists',
  'objects-bad-indent',
  'objects-tab',
  'objects-empty-first-document',
  'objects-duplicate-field',
  'objects-unknown-alias',
  'objects-only-null-items',
  'objects-empty-map-item',
  'scalars-list-for-string',
  'args-map-required',
  'name-duplicate',
  'name-duplicate-empty',
  'mode-bad-quoted',
  'mode-bad-quoted-decimal',
  'mode-bad-too-big',
  'mode-bad-list',
  'mode-bad-bool',
  'mode-bad-infinity',
  'mode-bad-empty-text',
  'mode-bad-tagged-text',
  'path-empty',
  'path-missing',
  'query-bad-escape',
  'utf8-without-dash',
  'encoding-space',
  'method-bad-token',
]);

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const store = { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls };
const defaults: StoreDefaults = { vault: store, openbao: store, aws: awsDefaults };
const caller: Caller = {
  kind: 'pod',
  namespace: 'parity',
  serviceAccount: 'app',
  pod: { name: 'p', uid: 'u' },
  tokens: new Map(),
  secrets: new Map(),
};
const dialect = createDialects({ cacheSize: 10 }).vault;

interface Case {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly defaultMode: number;
  readonly expect: JsonObject;
  readonly versionInputs: readonly string[] | undefined;
}

/** The cases whose request a provider can read at all: others end before the dialect. */
function readCases(): readonly Case[] {
  const cases = parseJson(readFileSync(vectors, 'utf8'));
  return array(object(cases).get('cases')).map(object).flatMap(toCase);
}

function toCase(vector: JsonObject): readonly Case[] {
  const request = vector.get('request');
  const attributes = isJsonObject(request) ? request.get('attributes') : undefined;
  if (!isJsonObject(attributes)) return [];
  const values = [...attributes].map(([name, value]) => [name, value ?? ''] as const);
  if (!values.every(([, value]) => typeof value === 'string')) return [];
  const inputs = vector.get('version_inputs');
  const permission = Number(text(object(request).get('permission')));
  return [
    {
      name: text(vector.get('name')),
      parameters: new Map(values.map(([name, value]) => [name, fill(text(value))])),
      defaultMode: Number.isInteger(permission) ? permission : 0o644,
      expect: object(vector.get('expect')),
      versionInputs: inputs === undefined ? undefined : array(inputs).map((entry) => text(object(entry).get('input'))),
    },
  ];
}

function fill(template: string): string {
  return template
    .replaceAll(/\$\{(?:VAULT|STUB)_ADDR\}/g, 'http://127.0.0.1:8200')
    .replaceAll(/\$\{(?:VAULT|STUB)_HOSTPORT\}/g, '127.0.0.1:8200')
    .replaceAll(/\$\{[\w:-]*\}/g, '/fixed');
}

function object(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error('the vectors have another shape');
  return value;
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new Error('the vectors have another shape');
  return value;
}

function array(value: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new Error('the vectors have another shape');
  return value;
}

function plan({ parameters, defaultMode }: Case): readonly PlannedObject[] {
  const parsed = dialect({ parameters, caller, defaultMode }, defaults);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value.objects;
}

function modes(files: JsonValue | undefined): readonly (readonly [unknown, unknown])[] {
  return array(files).map((file) => {
    const mode = object(file).get('mode');
    return [object(file).get('path'), mode instanceof JsonNumber ? Number(mode.text) : mode];
  });
}

/** What was asked of a recorded store, logins and a base path left out. */
function reads(requests: JsonValue | undefined): readonly string[] {
  return array(requests)
    .map(object)
    .filter((request) => !text(request.get('path')).endsWith('/login'))
    .map(
      (request) =>
        `${text(request.get('method'))} ${text(request.get('path')).replace('/proxy', '')} ${text(request.get('body') ?? 'null')}`,
    );
}

const cases = readCases();
const served = cases.filter(({ name, expect: recorded }) => recorded.get('error') === null && !deviations.has(name));
const recordedRequests = served.filter(({ expect: recorded }) => recorded.has('requests'));

describe('the dialect for Vault, compared with the recorded answers of the official provider', () => {
  it('has the cases', () => {
    expect(cases.length).toBeGreaterThan(300);
    expect(recordedRequests.length).toBeGreaterThan(30);
    const names = new Set(cases.map(({ name }) => name));
    expect([...manifestErrors, ...deviations].filter((name) => !names.has(name))).toEqual([]);
  });

  it.for(served)('$name: plans the same files and modes', (vector) => {
    const planned = plan(vector).map(({ path, mode }) => [path, mode]);
    expect(planned).toEqual(modes(vector.expect.get('files')));
  });

  it.for(served.filter(({ versionInputs }) => versionInputs !== undefined))(
    '$name: has the same version inputs',
    (vector) => {
      expect(plan(vector).map(({ version }) => (version.kind === 'hmac' ? version.input : ''))).toEqual(
        vector.versionInputs,
      );
    },
  );

  it.for(recordedRequests)('$name: asks what was asked', (vector) => {
    const asked = plan(vector).flatMap(({ ref }) => {
      if (ref.kind !== 'vault') return [];
      const { request } = ref;
      const query = request.query === '' ? '' : `?${request.query}`;
      return `${request.method} ${request.path}${query} ${request.body ?? null}`;
    });
    expect(reads(vector.expect.get('requests'))).toEqual(expect.arrayContaining(asked));
  });

  it.for(cases.filter(({ name }) => manifestErrors.has(name) || deviations.has(name)))(
    '$name: is refused',
    (vector) => {
      const parsed = dialect({ ...vector, caller }, defaults);
      expect(parsed.ok).toBe(false);
    },
  );

  it.for(cases.filter(({ name, expect: recorded }) => recorded.get('error') !== null && !manifestErrors.has(name)))(
    '$name: is planned, and refused where the store is asked',
    (vector) => {
      expect(plan(vector).length).toBeGreaterThan(0);
    },
  );
});
