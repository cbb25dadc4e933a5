import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { awsStoreObject, externalSecret, translate, vaultStoreObject } from '../../test/fakes/migration.ts';
import { lintManifest } from '../spc/lint.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('Input that is wrong or hostile', () => {
  const nested = (levels: number) => [...Array(levels).keys()].map((n) => `${' '.repeat(n)}a:`).join('\n');
  const doubling = [...Array(60).keys()].map((n) => `a${n + 1}: &a${n + 1} [*a${n},*a${n}]`).join('\n');
  it.for([
    ['a list without an end', 'a: [', 'is no valid YAML'],
    ['a template of Helm', '{{ if .Values.x }}\nkind: x\n{{ end }}', 'is no valid YAML'],
    ['aliases that double each other', `a0: &a0 [x,x]\n${doubling}`, 'aliases'],
    ['an alias inside its own anchor', 'kind: A\napiVersion: b\na: &x [*x]', 'is nested deeper'],
    ['brackets without an end', '['.repeat(100_000), 'is nested deeper'],
    ['a hundred levels and more', nested(120), 'is nested deeper'],
    ['thousands of levels', nested(3000), 'is nested deeper'],
  ] as const)('%s: is refused', ([, text, said]) => {
    expect(translate(text)).toMatchObject({ manifests: [], findings: [expect.stringContaining(said)] });
  });

  it.for(['', 'just text', '- 1\n- 2', 'kind: ExternalSecret\napiVersion: 3'])(
    '%j holds nothing to translate',
    (text) => {
      expect(translate(text).manifests).toEqual([]);
    },
  );

  it('never quotes a text that is no YAML, which may be a Secret', () => {
    const { findings } = translate('kind: Secret\ndata: {password: "x" hunter2\n}}hunter2');

    expect(findings.length).toBeGreaterThan(0);
    expect(findings.join()).not.toContain('hunter2');
  });

  it.for(['../../etc/x', 'A', 'a\nb', '', 'a/b', '.', '..'])('refuses the name %j', (name) => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret({}, { name })]);

    expect({ manifests, findings }).toEqual({
      manifests: [],
      findings: starts('error manifest-invalid metadata.name'),
    });
  });

  it('refuses the namespace ../x', () => {
    expect(translate([externalSecret({}, { namespace: '../x' })]).findings).toEqual(
      starts('error manifest-invalid metadata.namespace'),
    );
  });

  it('makes one class of a name, and names the other', () => {
    const { classes, findings } = translate([
      vaultStoreObject(),
      externalSecret(),
      externalSecret({ refreshInterval: '1m' }),
    ]);

    expect(classes).toHaveLength(1);
    expect(findings).toEqual(starts('error already-made metadata.name'));
  });

  it('never throws, whatever an ExternalSecret holds, and what it makes is valid or named', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const member = fc.constantFrom('data', 'dataFrom', 'target', 'secretStoreRef', 'refreshInterval', 'refreshPolicy');
    fc.assert(
      fc.property(member, json, (name, value) => {
        const { text, findings } = translate([vaultStoreObject(), awsStoreObject(), externalSecret({ [name]: value })]);
        const mistakes = lintManifest(text, 'out').filter(({ severity }) => severity === 'error');
        expect(mistakes.length === 0 || findings.length > 0).toBe(true);
      }),
    );
  });

  it('gives the same text every time', () => {
    const input = [
      vaultStoreObject(),
      awsStoreObject(),
      externalSecret(),
      externalSecret({ secretStoreRef: { name: 'aws' } }, {}, 'two'),
    ];

    expect(translate(input).text).toBe(translate(input).text);
  });
});
