import { describe, expect, it } from 'vitest';

import { found, object, workload, type World, type WorldObject } from '../../test/fakes/doctor-world.ts';

const ids = ['eso-running', 'eso-overlap', 'eso-owner', 'driver-sync-on', 'driver-sync-overlap'] as const;
const status = { conditions: [] };
const secretObjects = [{ secretName: 'db', data: [] }];
const operator = workload('external-secrets', [
  { image: 'oci.external-secrets.io/external-secrets/external-secrets:v2.9.0' },
]);

function sync(spec: object = {}): WorldObject {
  return object('db', { secretProviderClassName: 'db', secretObjects, ...spec }, { status });
}

function overlap(world: World): Promise<readonly string[]> {
  return found(ids, { secretproviderclasssyncs: [sync()], ...world });
}

describe('External Secrets Operator', () => {
  it('is named while it runs', async () => {
    expect(await found(ids, { deployments: [operator] })).toEqual([
      'info eso-running Deployment shop/external-secrets',
    ]);
  });

  const own = object('db', { secretStoreRef: { name: 'vault' } });
  it.for<readonly [string, World, readonly string[]]>([
    ['by its own name', { externalsecrets: [own] }, ['error eso-overlap Secret shop/db']],
    [
      'by its target',
      { externalsecrets: [object('other', { target: { name: 'db' } })] },
      ['error eso-overlap Secret shop/db'],
    ],
    ['of another name not', { externalsecrets: [object('other')] }, []],
    ['of another namespace not', { externalsecrets: [object('db', {}, { metadata: { namespace: 'else' } })] }, []],
    ['that writes nothing not', { externalsecrets: [object('db', { target: { creationPolicy: 'None' } })] }, []],
    [
      'of a store that it leaves alone not',
      { externalsecrets: [own], secretstores: [object('vault', { controller: 'off' })] },
      [],
    ],
    [
      'of its default controller',
      { externalsecrets: [own], secretstores: [object('vault', { controller: 'default' })] },
      ['error eso-overlap Secret shop/db'],
    ],
    [
      'of a store of the cluster that it leaves alone not',
      {
        externalsecrets: [object('db', { secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' } })],
        clustersecretstores: [{ metadata: { name: 'vault' }, spec: { controller: 'off' } }],
      },
      [],
    ],
    [
      'beside one that only compares not',
      { externalsecrets: [own], secretproviderclasssyncs: [sync({ mode: 'Shadow' })] },
      [],
    ],
    [
      'beside one that is suspended not',
      { externalsecrets: [own], secretproviderclasssyncs: [sync({ suspend: true })] },
      [],
    ],
    [
      'by the secretObjects of the class',
      {
        externalsecrets: [own],
        secretproviderclasssyncs: [sync({ secretObjects: undefined })],
        secretproviderclasses: [object('db', { provider: 'vault', secretObjects: [{ secretName: 'db' }] })],
      },
      ['error eso-overlap Secret shop/db'],
    ],
  ])('that keeps the same Secret is named %s', async ([, world, findings]) => {
    expect((await overlap(world)).filter((text) => !text.includes('driver'))).toEqual(findings);
  });

  it('is found by v1beta1 where v1 is not served', async () => {
    const world = { secretproviderclasssyncs: [sync()], externalsecrets: [own] };

    expect(await found(ids, world, { unserved: ['externalsecrets/v1'] })).toEqual(['error eso-overlap Secret shop/db']);
    expect(await found(ids, world, { unserved: ['externalsecrets'] })).toEqual([]);
  });

  it('that still owns a Secret of ours is named', async () => {
    const owned = (kind: string): WorldObject => ({
      metadata: {
        namespace: 'shop',
        name: 'db',
        labels: { 'lockstep.dev/managed': 'true' },
        ownerReferences: [{ apiVersion: 'external-secrets.io/v1', kind, name: 'db', uid: 'x', controller: true }],
      },
    });

    expect(await found(ids, { secrets: [owned('ExternalSecret')] })).toEqual(['warning eso-owner Secret shop/db']);
    expect(await found(ids, { secrets: [owned('SecretProviderClassSync')] })).toEqual([]);
  });
});

describe("The driver's own sync", () => {
  const kept: WorldObject = {
    metadata: { namespace: 'shop', name: 'db', labels: { 'secrets-store.csi.k8s.io/managed': 'true' } },
  };
  const binding: WorldObject = { metadata: { name: 'secretprovidersyncing-rolebinding' } };

  it.for<readonly [World]>([
    [{ clusterrolebindings: [binding] }],
    [{ secrets: [kept] }],
    [{ clusterrolebindings: [binding], secrets: [kept] }],
  ])('is named while it is on: %j', async ([world]) => {
    expect(await found(ids, world)).toEqual(['warning driver-sync-on cluster']);
  });

  it('that keeps a Secret of ours is named', async () => {
    const world = {
      clusterrolebindings: [binding],
      secretproviderclasssyncs: [sync()],
      secretproviderclasses: [object('db', { provider: 'vault', secretObjects })],
    };

    expect(await found(ids, world)).toEqual([
      'error driver-sync-overlap Secret shop/db',
      'warning driver-sync-on cluster',
    ]);
    expect(await found(ids, { ...world, clusterrolebindings: [] })).toEqual([]);
  });
});
