import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { externalSecret, operatorObject, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('What has no counterpart is named', () => {
  it.for(['PushSecret', 'ClusterPushSecret', 'ClusterExternalSecret', 'Whatever'])('%s', (kind) => {
    const { manifests, findings } = translate([operatorObject(kind, 'x', {})]);

    expect({ manifests, findings }).toEqual({ manifests: [], findings: starts('error kind-unsupported') });
  });

  it('a generator', () => {
    const object = { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', metadata: { name: 'x' } };

    expect(translate([object]).findings).toEqual(starts('error generator'));
  });

  const dataFrom = (entry: object) => ({ data: [], dataFrom: [{ extract: { key: 'all' } }, entry] });
  it.for([
    [dataFrom({ find: { name: { regexp: 'x' } } }), 'error find spec.dataFrom[1].find'],
    [dataFrom({ extract: { key: 'x' }, rewrite: [{ regexp: {} }] }), 'error rewrite spec.dataFrom[1].rewrite'],
    [
      dataFrom({ sourceRef: { generatorRef: { kind: 'Password' } } }),
      'error generator spec.dataFrom[1].sourceRef.generatorRef',
    ],
    [
      dataFrom({ extract: { key: 'x', conversionStrategy: 'Unicode' } }),
      'error extract spec.dataFrom[1].extract.conversionStrategy',
    ],
    [
      dataFrom({ extract: { key: 'x', decodingStrategy: 'Base64' } }),
      'error decoding spec.dataFrom[1].extract.decodingStrategy',
    ],
    [
      dataFrom({ extract: { key: 'x', metadataPolicy: 'Fetch' } }),
      'error metadata spec.dataFrom[1].extract.metadataPolicy',
    ],
    [dataFrom({}), 'error manifest-invalid spec.dataFrom[1]'],
    [
      { target: { template: { templateFrom: [{ literal: 'x' }] } }, data: [], dataFrom: [{ extract: { key: 'a' } }] },
      'error template spec.target.template.templateFrom',
    ],
  ] as const)('%j', ([spec, finding]) => {
    const { findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect(findings.filter((text) => text.startsWith('error'))[0]).toContain(finding);
  });

  /** Everything that is read or refused somewhere, with a value of its kind. */
  const full = externalSecret({
    refreshInterval: '1h',
    target: { name: 'x', template: { type: 'Opaque', metadata: { labels: { a: 'b' } }, data: { a: '{{ .a }}' } } },
    dataFrom: [
      { extract: { key: 'k', version: '1' }, sourceRef: { storeRef: { name: 'vault', kind: 'SecretStore' } } },
    ],
  });

  it('any field that is not known, wherever it stands', () => {
    const places = fieldsOf({ store: vaultStoreObject(), secret: full });
    expect(places.length).toBeGreaterThan(15);

    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom('neverHeardOf', 'find2', 'a-b'), (path, name) => {
        const planted = plant({ store: vaultStoreObject(), secret: full }, path, name);
        const { findings } = translate([planted.store, planted.secret]);
        expect(findings.join('\n')).toMatch(new RegExp(`field-unknown [^\\n]*${name}|template [^\\n]*${name}`));
      }),
    );
  });
});

interface Pair {
  readonly store: object;
  readonly secret: object;
}

type Path = readonly (string | number)[];

/** Every map of the specs whose members have a meaning, unlike those of labels. */
function fieldsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([key, each]) =>
    fieldsOf(each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  const last = path.at(-1);
  const isOpen = path.length < 2 || path[1] !== 'spec' || last === 'labels' || last === 'provider' || last === 'auth';
  return Array.isArray(value) || isOpen ? below : [path, ...below];
}

function plant(pair: Pair, path: Path, name: string): Pair {
  const copy = structuredClone(pair);
  const at = path.reduce<Record<string | number, unknown>>(
    (value, step) => value[step] as Record<string | number, unknown>,
    copy as unknown as Record<string, unknown>,
  );
  at[name] = 'x';
  return copy;
}
