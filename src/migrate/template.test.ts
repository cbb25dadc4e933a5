import { describe, expect, it } from 'vitest';

import { awsStoreObject, externalSecret, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));
const data = [
  { secretKey: 'user', remoteRef: { key: 'db', property: 'u' } },
  { secretKey: 'pass-word', remoteRef: { key: 'db', property: 'p' } },
];

function made(template: object, spec: object = { data }) {
  const { classes, syncs, findings } = translate([
    vaultStoreObject(),
    awsStoreObject(),
    externalSecret({ ...spec, target: { template } }),
  ]);
  return { objects: classes[0]?.objects, keys: syncs[0]?.secretObjects[0]?.['data'], findings };
}

describe('A template', () => {
  it.for([
    ['{{ .user }}', 'u'],
    ['{{.user}}', 'u'],
    ['{{- .user -}}', 'u'],
    ['{{ .user | toString }}', 'u'],
    ['{{ index . "pass-word" }}', 'p'],
  ] as const)('%s is that value under another name', ([text, secretKey]) => {
    const { objects, keys, findings } = made({ data: { new: text } });

    expect(findings).toEqual([]);
    expect(objects).toEqual([{ objectName: 'new', secretPath: 'secret/data/db', secretKey }]);
    expect(keys).toEqual([{ objectName: 'new', key: 'new' }]);
  });

  it.for([
    ['{{ .user }}:{{ .user }}', 'needs a template engine'],
    ['{{ .user | b64enc }}', 'needs a template engine'],
    ['{{ .a.b }}', 'needs a template engine'],
    ['{{ .user }}\n', 'adds white space'],
    [' {{ .user }}', 'adds white space'],
    ['constant', 'is a constant'],
    ['', 'is a constant'],
  ] as const)('%j is left out: it %s', ([text, said]) => {
    const { objects, findings } = made({ data: { ok: '{{ .user }}', not: text } });

    expect(objects?.map(({ objectName }) => objectName)).toEqual(['ok']);
    expect(findings).toEqual([expect.stringMatching(`^error template spec.target.template.data.not: ${said}`)]);
  });

  it('with mergePolicy Merge stands before what it is made of', () => {
    const { objects, findings } = made({
      mergePolicy: 'Merge',
      data: { user: '{{ index . "pass-word" }}', more: '{{ .user }}' },
    });

    expect(findings).toEqual([]);
    expect(objects?.map(({ objectName, secretKey }) => [objectName, secretKey])).toEqual([
      ['user', 'p'],
      ['more', 'u'],
      ['pass-word', 'p'],
    ]);
  });

  it('without data keeps them as they are', () => {
    expect(made({ type: 'Opaque' }).objects?.map(({ objectName }) => objectName)).toEqual(['user', 'pass-word']);
  });

  it('finds in a single extract what is not named', () => {
    const { objects, keys, findings } = made(
      { data: { a: '{{ .x }}', b: '{{ .user }}' } },
      { data, dataFrom: [{ extract: { key: 'all' } }] },
    );

    expect(findings).toEqual([]);
    expect(objects).toEqual([
      { objectName: 'a', secretPath: 'secret/data/all', secretKey: 'x' },
      { objectName: 'b', secretPath: 'secret/data/db', secretKey: 'u' },
    ]);
    expect(keys).toHaveLength(2);
  });

  it('finds it in a secret of AWS too', () => {
    const spec = { secretStoreRef: { name: 'aws' }, data: [], dataFrom: [{ extract: { key: 'all' } }] };
    const { objects, findings } = made({ data: { a: '{{ index . "x.y" }}' } }, spec);

    expect(findings).toEqual([]);
    expect(objects).toMatchObject([{ objectName: 'all', jmesPath: [{ path: '"x.y"', objectAlias: 'a' }] }]);
  });

  it.for([
    [{ data }],
    [{ data, dataFrom: [{ extract: { key: 'a' } }, { extract: { key: 'b' } }] }],
    [{ data, dataFrom: [{ extract: { key: 'a', property: 'p' } }] }],
  ])('with a name that %j does not explain is named', ([spec = {}]) => {
    const { findings } = made({ data: { ok: '{{ .user }}', a: '{{ .x }}' } }, spec);

    expect(findings).toEqual(starts('error template spec: has a template with "x"'));
  });

  it('of the old engine is named', () => {
    expect(made({ engineVersion: 'v1', data: { a: '{{ .user }}' } }).findings).toEqual(
      starts('error template spec.target.template.engineVersion'),
    );
  });
});
