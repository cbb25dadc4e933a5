import { describe, expect, it } from 'vitest';

import { externalSecret, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

function objectsOf(vault: object, spec: object) {
  const { classes, syncs, findings } = translate([
    vaultStoreObject(vault as Record<string, unknown>),
    externalSecret(spec as Record<string, unknown>),
  ]);
  return { objects: classes[0]?.objects, secretObject: syncs[0]?.secretObjects[0], findings };
}

const one = (remoteRef: object) => ({ data: [{ secretKey: 'k', remoteRef: { property: 'p', ...remoteRef } }] });

describe('Where the engine is part of the store', () => {
  it.for([
    ['v2', 'db', 'secret/data/db'],
    ['v2', 'a/b', 'secret/data/a/b'],
    ['v2', 'secret/db', 'secret/data/db'],
    ['v2', 'data/db', 'secret/data/data/db'],
    ['v2', 'secret/data/data/db', 'secret/data/data/db'],
    ['v2', 'secret/data/db', 'secret/data/db'],
    ['v1', 'db', 'secret/db'],
    ['v1', 'secret/db', 'secret/db'],
    ['v1', 'data/db', 'secret/data/db'],
  ] as const)('of %s the key %s is read at %s', ([version, key, path]) => {
    const { objects, findings } = objectsOf({ version }, one({ key }));

    expect({ objects, findings }).toEqual({
      objects: [{ objectName: 'k', secretPath: path, secretKey: 'p' }],
      findings: [],
    });
  });
});

describe('Where the engine is part of every key', () => {
  it.for([
    ['v2', 'kv/db', 'kv/data/db'],
    ['v2', 'kv/data/db', 'kv/data/db'],
    ['v2', 'kv/a/data/db', 'kv/a/data/db'],
    ['v1', 'kv/db', 'kv/db'],
  ] as const)('of %s the key %s is read at %s', ([version, key, path]) => {
    expect(objectsOf({ path: undefined, version }, one({ key })).objects).toMatchObject([{ secretPath: path }]);
  });
});

describe('An entry of data', () => {
  it('of a version asks for it', () => {
    expect(objectsOf({}, one({ key: 'db', version: '3' })).objects).toMatchObject([
      { secretPath: 'secret/data/db?version=3' },
    ]);
  });

  it('in Base64 is decoded', () => {
    expect(objectsOf({}, one({ key: 'db', decodingStrategy: 'Base64' })).objects).toMatchObject([
      { encoding: 'base64' },
    ]);
  });

  it.for(['Base64URL', 'Auto', 'rot13'])('in %s is left out and named', (decodingStrategy) => {
    const { objects, findings } = objectsOf(
      {},
      {
        data: [...one({ key: 'a' }).data, { secretKey: 'x', remoteRef: { key: 'b', property: 'p', decodingStrategy } }],
      },
    );

    expect(objects).toHaveLength(1);
    expect(findings).toEqual(starts('error decoding spec.data.1..remoteRef.decodingStrategy'));
  });

  it.for([
    { decodingStrategy: 'None' },
    { conversionStrategy: 'Default' },
    { metadataPolicy: 'None' },
    { nullBytePolicy: 'Ignore' },
  ])('with the default %j is nothing special', (rest) => {
    expect(objectsOf({}, one({ key: 'a', ...rest })).findings).toEqual([]);
  });

  it('without a property would be a document, which is named', () => {
    const { objects, findings } = objectsOf(
      {},
      { data: [{ secretKey: 'k', remoteRef: { key: 'a' } }, ...one({ key: 'b' }).data] },
    );

    expect(objects).toHaveLength(1);
    expect(findings).toEqual(starts('error whole-secret spec.data.0..remoteRef'));
  });

  it.for(['a.b', 'users.#.name', String.raw`a\.b`])(
    'with the property %s is the key of that name, and that is said',
    (property) => {
      const { objects, findings } = objectsOf({}, one({ key: 'a', property }));

      expect(objects).toMatchObject([{ secretKey: property }]);
      expect(findings).toEqual(starts('warning property spec.data.0..remoteRef.property'));
    },
  );

  it('without a key or a remoteRef is named', () => {
    expect(
      objectsOf({}, { data: [{ secretKey: 'a' }, { secretKey: 'b', remoteRef: { property: 'p' } }] }).findings,
    ).toEqual(
      starts(
        'error manifest-invalid spec.data.0..remoteRef',
        'error manifest-invalid spec.data.1..remoteRef.key',
        'error manifest-invalid spec: has nothing',
      ),
    );
  });
});

describe('An extract', () => {
  it('is expanded, and every file becomes a key', () => {
    const { objects, secretObject, findings } = objectsOf(
      {},
      { data: [], dataFrom: [{ extract: { key: 'all' } }, { extract: { key: 'b', property: 'json', version: '2' } }] },
    );

    expect(findings).toEqual([]);
    expect(objects).toEqual([
      { objectName: 'all-1', secretPath: 'secret/data/all', expand: true },
      { objectName: 'all-2', secretPath: 'secret/data/b?version=2', secretKey: 'json', expand: true },
    ]);
    expect(secretObject).toEqual({ secretName: 'db', type: 'Opaque' });
  });

  it('stands beside single keys, under a name that none of them has', () => {
    const { objects } = objectsOf(
      {},
      { data: [{ secretKey: 'all-1', remoteRef: { key: 'a', property: 'p' } }], dataFrom: [{ extract: { key: 'b' } }] },
    );

    expect(objects?.map(({ objectName }) => objectName)).toEqual(['all-1', 'extract-1']);
  });
});

describe('Several stores', () => {
  it('of one Vault with two engines are one class', () => {
    const stores = [vaultStoreObject(), vaultStoreObject({ path: 'kv', version: 'v1' }, 'old')];
    const data = [
      ...one({ key: 'a' }).data,
      { secretKey: 'o', sourceRef: { storeRef: { name: 'old' } }, remoteRef: { key: 'b', property: 'p' } },
    ];
    const { classes, findings } = translate([...stores, externalSecret({ data })]);

    expect(findings).toEqual([]);
    expect(classes[0]?.objects.map(({ secretPath }) => secretPath)).toEqual(['secret/data/a', 'kv/b']);
  });

  it('of two Vaults are not, and the second is named', () => {
    const stores = [vaultStoreObject(), vaultStoreObject({ server: 'https://other' }, 'other')];
    const data = [
      ...one({ key: 'a' }).data,
      { secretKey: 'o', sourceRef: { storeRef: { name: 'other' } }, remoteRef: { key: 'b', property: 'p' } },
    ];
    const { classes, findings } = translate([...stores, externalSecret({ data })]);

    expect(classes[0]?.objects).toHaveLength(1);
    expect(findings).toEqual(starts('error several-stores spec.data.1..remoteRef'));
  });
});
