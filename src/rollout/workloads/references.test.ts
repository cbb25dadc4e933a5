import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findReferences, type KeySet } from './references.ts';

/** `db` with these keys, and nothing else. */
const only = (keys: KeySet, optional = false) => [{ secret: 'db', keys, optional }];
const inVolume = (volume: object) => ({ volumes: [{ name: 'v', ...volume }] });
const inContainer = (container: object) => ({ containers: [{ name: 'c', ...container }] });
const byEnv = (selector: object) => ({ env: [{ name: 'X', valueFrom: { secretKeyRef: selector } }] });

describe('findReferences', () => {
  it.for<readonly [string, object, KeySet]>([
    ['imagePullSecrets', { imagePullSecrets: [{ name: 'db' }] }, 'all'],
    ['a variable of a container', inContainer(byEnv({ name: 'db', key: 'user' })), new Set(['user'])],
    ['a variable of an init container', { initContainers: [byEnv({ name: 'db', key: 'a' })] }, new Set(['a'])],
    [
      'a variable of an ephemeral container',
      { ephemeralContainers: [byEnv({ name: 'db', key: 'a' })] },
      new Set(['a']),
    ],
    ['a variable without a key', inContainer(byEnv({ name: 'db' })), 'all'],
    ['envFrom', inContainer({ envFrom: [{ prefix: 'P_', secretRef: { name: 'db' } }] }), 'all'],
    ['envFrom of an init container', { initContainers: [{ envFrom: [{ secretRef: { name: 'db' } }] }] }, 'all'],
    ['a volume that no container mounts', inVolume({ secret: { secretName: 'db' } }), 'all'],
    [
      'a volume with items',
      inVolume({
        secret: {
          secretName: 'db',
          items: [
            { key: 'a', path: 'x' },
            { key: 'b', path: 'y' },
          ],
        },
      }),
      new Set(['a', 'b']),
    ],
    ['a volume with an empty list of items', inVolume({ secret: { secretName: 'db', items: [] } }), 'all'],
    ['a projected source', inVolume({ projected: { sources: [{ secret: { name: 'db' } }] } }), 'all'],
    [
      'a projected source with items',
      inVolume({
        projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 'db', items: [{ key: 'a' }] } }] },
      }),
      new Set(['a']),
    ],
    ['azureFile', inVolume({ azureFile: { secretName: 'db', shareName: 's' } }), 'all'],
    ['cephfs', inVolume({ cephfs: { secretRef: { name: 'db' } } }), 'all'],
    ['cinder', inVolume({ cinder: { secretRef: { name: 'db' } } }), 'all'],
    ['flexVolume', inVolume({ flexVolume: { secretRef: { name: 'db' } } }), 'all'],
    ['rbd', inVolume({ rbd: { secretRef: { name: 'db' } } }), 'all'],
    ['scaleIO', inVolume({ scaleIO: { secretRef: { name: 'db' } } }), 'all'],
    ['iscsi', inVolume({ iscsi: { secretRef: { name: 'db' } } }), 'all'],
    ['storageos', inVolume({ storageos: { secretRef: { name: 'db' } } }), 'all'],
    ['csi', inVolume({ csi: { driver: 'x', nodePublishSecretRef: { name: 'db' } } }), 'all'],
  ])('finds a Secret in %s', ([, spec, keys]) => {
    expect(findReferences(spec)).toEqual({ references: only(keys), classes: [] });
    expect(findReferences({ metadata: {}, spec })).toEqual({ references: only(keys), classes: [] });
  });

  it.for<readonly [string, object]>([
    ['a config map', inContainer({ env: [{ valueFrom: { configMapKeyRef: { name: 'db', key: 'a' } } }] })],
    ['envFrom of a config map', inContainer({ envFrom: [{ configMapRef: { name: 'db' } }] })],
    ['a volume of a config map', inVolume({ configMap: { name: 'db' } })],
    ['a projected config map', inVolume({ projected: { sources: [{ configMap: { name: 'db' } }] } })],
    ['a plain value', inContainer({ env: [{ name: 'db', value: 'db' }] })],
    ['a name that is empty', inContainer({ envFrom: [{ secretRef: { name: '' } }] })],
    ['nothing', {}],
  ])('finds none in %s', ([, spec]) => {
    expect(findReferences(spec)).toEqual({ references: [], classes: [] });
  });

  it('puts everything that is said about a Secret together, sorted by name', () => {
    const spec = {
      initContainers: [byEnv({ name: 'tls', key: 'ca' })],
      containers: [byEnv({ name: 'db', key: 'user' }), byEnv({ name: 'db', key: 'password' })],
      volumes: [{ secret: { secretName: 'tls' } }],
    };

    expect(findReferences(spec).references).toEqual([
      { secret: 'db', keys: new Set(['user', 'password']), optional: false },
      { secret: 'tls', keys: 'all', optional: false },
    ]);
  });

  it('takes a Secret for optional when every mention is', () => {
    const may = { name: 'db', key: 'a', optional: true };
    const must = { name: 'db', key: 'b' };

    expect(findReferences({ containers: [byEnv(may)] }).references).toEqual(only(new Set(['a']), true));
    expect(findReferences({ containers: [byEnv(may), byEnv(must)] }).references).toEqual(only(new Set(['a', 'b'])));
    expect(findReferences(inVolume({ secret: { secretName: 'db', optional: true } })).references).toEqual(
      only('all', true),
    );
  });

  it('names each class that is mounted through the driver once', () => {
    const mount = (driver: string, secretProviderClass: string) => ({
      csi: { driver, volumeAttributes: { secretProviderClass } },
    });
    const driver = 'secrets-store.csi.k8s.io';
    const volumes = [mount(driver, 'shop'), mount(driver, 'bank'), mount(driver, 'shop'), mount('other', 'x')];

    expect(findReferences({ volumes }).classes).toEqual(['bank', 'shop']);
  });

  it('never throws, whatever it is given', () => {
    const names = [
      'spec',
      'containers',
      'env',
      'envFrom',
      'valueFrom',
      'secretKeyRef',
      'secretRef',
      'name',
      'volumes',
      'csi',
    ];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(null, undefined, '', 'db', 0, true),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (template) => {
        for (const { secret } of findReferences(template).references) expect(secret).not.toBe('');
      }),
    );
  });
});
