import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatProblem } from '../core/problem.ts';
import { inspectManifests, lineInFile, readManifests } from './manifest.ts';

const manifest = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: web
  namespace: shop
spec:
  provider: vault
  parameters:
    roleName: "app"
    objects: |
      - objectName: a
        secretPath: kv/a
`;

function problems(text: string): readonly string[] {
  return inspectManifests(text).problems.map(formatProblem);
}

describe('readManifests', () => {
  it('reads a class', () => {
    const parsed = readManifests(manifest);
    expect(parsed).toMatchObject({ ok: true, value: [{ name: 'web', namespace: 'shop', provider: 'vault', line: 1 }] });
    const parameters = parsed.ok ? parsed.value[0]?.parameters : undefined;
    expect(parameters).toEqual(
      new Map([
        ['roleName', 'app'],
        ['objects', '- objectName: a\n  secretPath: kv/a\n'],
      ]),
    );
  });

  it('finds classes among other kinds, documents and lists', () => {
    const item = manifest.split('\n').join('\n    ').replace('name: web', 'name: listed');
    const text = `---\nkind: Pod\nspec: [1]\n---\n${manifest}---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n  - ${item}\n---\njust text\n`;
    expect(inspectManifests(text).classes.map(({ name, line }) => [name, line])).toEqual([
      ['web', 5],
      ['listed', 23],
    ]);
    expect(problems(text)).toEqual([]);
  });

  it('reads JSON', () => {
    const parameters = { roleName: 'app', objects: '- a' };
    const text = JSON.stringify(
      {
        apiVersion: 'secrets-store.csi.x-k8s.io/v1',
        kind: 'SecretProviderClass',
        metadata: { name: 'j' },
        spec: { provider: 'vault', parameters },
      },
      undefined,
      2,
    );
    expect(readManifests(text)).toMatchObject({
      ok: true,
      value: [{ name: 'j', parameters: new Map(Object.entries(parameters)) }],
    });
  });

  it.for([
    ['true', 'vaultSkipTLSVerify: true'],
    ['yes', 'vaultSkipTLSVerify: yes'],
    ['5', 'roleName: 5'],
    ['', 'audience:'],
    ['1e3', 'audience: 1e3'],
  ] as const)('demands quotes around %s, as the API server does', ([value, parameter]) => {
    const text = manifest.replace('roleName: "app"', parameter);
    const name = parameter.split(':')[0];
    expect(problems(text)).toEqual([`parameters.${name} line 9: is "${value}", which is no string; put it in quotes`]);
  });

  it.for(['audience: 2024-01-02', 'audience: "true"', 'audience: yesterday', 'audience: !!str 5'])(
    'takes %s for text',
    (parameter) => {
      expect(problems(manifest.replace('roleName: "app"', parameter))).toEqual([]);
    },
  );

  it.for([
    [
      manifest.replace('objects: |', 'objects:'),
      'parameters.objects line 11: is a list; it must be a string: write `objects: |`',
    ],
    [manifest.replace('  name: web\n', ''), 'metadata.name line 3: is missing; name the class'],
    [manifest.replace('  provider: vault\n', ''), 'provider line 6: is missing; name the provider, such as vault'],
    [
      manifest.replace('/v1', '').replace('secrets-store.csi.x-k8s.io', 'v1'),
      'apiVersion line 1: must be secrets-store.csi.x-k8s.io/v1',
    ],
    [manifest.replace(/spec:[^]*/, ''), 'spec line 1: is missing'],
    [manifest.replace(/ {2}parameters:[^]*/, ''), 'parameters line 6: is missing'],
    [manifest.replace(/parameters:[^]*/, 'parameters: []'), 'parameters line 8: must be a map'],
    [manifest.replace('roleName: "app"', 'objects: x'), 'has the key "objects" a second time (first in line 9)'],
    ['kind: SecretProviderClass\n{{- if .Values.x }}\n', 'is no valid YAML'],
  ] as const)('says what is wrong with a manifest: %#', ([text, message]) => {
    expect(problems(text).join('\n')).toContain(message);
    expect(readManifests(text).ok).toBe(false);
  });

  it('keeps reading after a document that is wrong', () => {
    const text = `${manifest.replace('/v1', '/v1alpha1')}---\na: [\n---\n${manifest}`;
    expect(inspectManifests(text).classes.map(({ apiVersion }) => apiVersion.split('/')[1])).toEqual([
      'v1alpha1',
      'v1',
    ]);
    expect(problems(text)[0]).toMatch(/file line 1\d: is no valid YAML/);
  });

  it('never throws on a mutated manifest', () => {
    const edit = fc.record({
      at: fc.nat(manifest.length),
      cut: fc.nat(8),
      insert: fc.string({ unit: 'binary', maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
        const text = edits.reduce(
          (all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut),
          manifest,
        );
        const { classes, problems: found } = inspectManifests(text);
        expect(classes.length + found.length).toBeLessThan(50);
      }),
      { numRuns: 500 },
    );
  });
});

describe('lineInFile', () => {
  it('finds parameters and lines of a block of objects', () => {
    const [web] = inspectManifests(manifest).classes;
    if (web === undefined) throw new Error('no class');
    expect(lineInFile(web, { path: 'objects[0].secretPath', line: 2, message: '' })).toBe(12);
    expect(lineInFile(web, { path: 'parameters.roleName', message: '' })).toBe(9);
    expect(lineInFile(web, { path: 'parameters.missing', message: '' })).toBe(8);
  });

  it('stays on the line of a text in quotes', () => {
    const text = manifest.replace(/objects: \|[^]*/, String.raw`objects: "- objectName: a\n  secretPath: x\n"`);
    const [web] = inspectManifests(text).classes;
    expect(web && lineInFile(web, { path: 'objects[0]', line: 1, message: '' })).toBe(10);
  });
});
