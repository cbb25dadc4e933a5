import { describe, expect, it } from 'vitest';

import { translate } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('A class with secretObjects', () => {
  const secretObjects = [{ secretName: 'web', type: 'Opaque', data: [{ objectName: 'a', key: 'b' }] }];
  const parameters = { roleName: 'web', objects: '- objectName: a\n  secretPath: secret/data/a\n' };
  const webClass = (spec: object = {}) => ({
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' }, resourceVersion: '1', uid: 'x', managedFields: [] },
    spec: { provider: 'vault', parameters, secretObjects, ...spec },
  });
  const deployment = (serviceAccountName: string | undefined, namespace = 'shop') => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: serviceAccountName ?? 'none', namespace },
    spec: { template: { spec: { serviceAccountName, volumes: [{ name: 'other' }, { csi }] } } },
  });
  const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'web' } };

  it('stays as it is with our label while lockstep compares, as the service account of the pods that mount it', () => {
    const { manifests, findings } = translate([deployment('web'), deployment('other', 'elsewhere'), webClass()]);

    expect(findings).toEqual([]);
    expect(manifests).toMatchObject([
      {
        metadata: { labels: { a: 'b', 'lockstep.dev/sync': 'true' } },
        spec: { provider: 'vault', parameters, secretObjects },
      },
      { spec: { serviceAccountName: 'web', mode: 'Shadow', secretObjects } },
    ]);
    expect(manifests[0]?.metadata).not.toHaveProperty('resourceVersion');
  });

  it('loses them in the second step, so that the driver leaves the Secret alone', () => {
    const { manifests } = translate([deployment('web'), webClass()], { mode: 'Sync' });

    expect(manifests[0]?.spec).toEqual({ provider: 'vault', parameters });
    expect(manifests[1]?.spec).toMatchObject({ mode: 'Sync', adoptionPolicy: 'IfIdentical', secretObjects });
  });

  it.for([
    [[], undefined, 'default', ['error service-account : is mounted by no workload']],
    [['a', 'b'], undefined, 'a', ['error service-account : is mounted as a, b']],
    [[], 'web', 'web', []],
    [['a', 'b'], 'web', 'web', []],
    [[undefined], 'web', 'default', []],
  ] as const)('mounted as %j with --service-account %s is read as %s', ([accounts, serviceAccount, account, said]) => {
    const { syncs, findings } = translate([...accounts.map((each) => deployment(each)), webClass()], {
      serviceAccount,
    });

    expect(syncs[0]?.serviceAccountName).toBe(account);
    expect(findings).toEqual(starts(...said));
  });

  it('of a provider that lockstep does not serve is left with the driver', () => {
    expect(translate([webClass({ provider: 'azure' })])).toMatchObject({
      manifests: [],
      findings: starts('error class-provider spec.provider'),
    });
  });

  it('whose secretObjects are wrong says where', () => {
    const broken = [{ secretName: 'Web', type: 'Opaque', data: [] }];

    expect(translate([deployment('web'), webClass({ secretObjects: broken })]).findings).toEqual(
      starts(
        'error manifest-invalid : spec.secretObjects.0..secretName',
        'error manifest-invalid : spec.secretObjects.0..data',
      ),
    );
  });

  it('and without them is none of our business', () => {
    expect(translate([webClass({ secretObjects: undefined })])).toMatchObject({ manifests: [], findings: [] });
  });
});
