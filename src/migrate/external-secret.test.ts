import { describe, expect, it } from 'vitest';

import { externalSecret, operatorObject, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));

describe('An ExternalSecret', () => {
  it('becomes a class that may be synced and a SecretProviderClassSync that only compares', () => {
    const { manifests, findings } = translate([vaultStoreObject(), externalSecret()]);

    expect(findings).toEqual([]);
    expect(manifests).toEqual([
      {
        apiVersion: 'secrets-store.csi.x-k8s.io/v1',
        kind: 'SecretProviderClass',
        metadata: { name: 'db', namespace: 'shop', labels: { 'lockstep.dev/sync': 'true' } },
        spec: {
          provider: 'lockstep-vault',
          parameters: {
            vaultAddress: 'https://vault:8200',
            roleName: 'app',
            objects: '- objectName: a\n  secretPath: secret/data/db\n  secretKey: a\n',
          },
        },
      },
      {
        apiVersion: 'lockstep.dev/v1alpha1',
        kind: 'SecretProviderClassSync',
        metadata: { name: 'db', namespace: 'shop' },
        spec: {
          secretProviderClassName: 'db',
          serviceAccountName: 'app',
          mode: 'Shadow',
          deletionPolicy: 'Retain',
          interval: '1h',
          secretObjects: [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'a' }] }],
        },
      },
    ]);
  });

  it('takes over in the second step, with everything else as in the first', () => {
    const input = [vaultStoreObject(), externalSecret()];
    const [shadow] = translate(input).syncs;
    const [sync] = translate(input, { mode: 'Sync', adoption: 'Always' }).syncs;

    expect(sync).toEqual({ ...shadow, mode: 'Sync', adoptionPolicy: 'Always' });
  });

  it('of version v1beta1 is the same, and one of v1alpha1 is refused', () => {
    const now = [vaultStoreObject(), externalSecret()];
    const as = (version: string) =>
      JSON.parse(JSON.stringify(now).replaceAll('secrets.io/v1', `secrets.io/${version}`));

    expect(translate(as('v1beta1') as object[])).toEqual(translate(now));
    expect(translate(as('v1alpha1') as object[])).toMatchObject({
      manifests: [],
      findings: starts('error api-version-unknown', 'error api-version-unknown'),
    });
  });

  it('is found in the lists of kubectl, as well as its stores', () => {
    const items = [externalSecret(), vaultStoreObject()];
    const list = { apiVersion: 'v1', kind: 'List', items };

    expect(translate([list]).syncs).toEqual(translate(items).syncs);
  });

  it('without a namespace stays without, and finds stores without', () => {
    const none = { namespace: undefined };
    const { manifests, findings } = translate(
      [
        operatorObject('SecretStore', 'aws', { provider: { aws: { service: 'SecretsManager', region: 'r' } } }, none),
        externalSecret({ secretStoreRef: { name: 'aws' } }, none),
      ],
      { serviceAccount: 'app' },
    );

    expect(findings).toEqual(starts('warning service-account'));
    expect(manifests.map(({ metadata }) => metadata.namespace)).toEqual([undefined, undefined]);
  });

  it('does not find a store of another namespace or kind', () => {
    const store = { ...operatorObject('SecretStore', 'vault', {}), metadata: { name: 'vault', namespace: 'other' } };
    const { manifests, findings } = translate([store, vaultStoreObject({}, 'another'), externalSecret()]);

    expect(manifests).toEqual([]);
    expect(findings).toContainEqual(
      expect.stringMatching(/^error store-missing spec\.secretStoreRef: means the SecretStore "vault"/),
    );
  });

  it.for([
    [{}, '1h'],
    [{ refreshInterval: '1h0m0s' }, '1h'],
    [{ refreshInterval: '90s' }, '1m30s'],
    [{ refreshInterval: '0' }, '0s'],
    [{ refreshInterval: '0s' }, '0s'],
    [{ refreshInterval: '5m', refreshPolicy: 'Periodic' }, '5m'],
    [{ refreshInterval: '5m', refreshPolicy: 'OnChange' }, '0s'],
  ] as const)('with %j is refreshed every %s', ([spec, interval]) => {
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect({ interval: syncs[0]?.interval, findings }).toEqual({ interval, findings: [] });
  });

  it.for([
    [{ refreshInterval: 'soon' }, '1h', 'error refresh spec.refreshInterval'],
    [{ refreshInterval: '10ms' }, '1s', 'warning refresh spec.refreshInterval'],
    [{ refreshPolicy: 'CreatedOnce' }, '0s', 'warning refresh spec.refreshPolicy'],
    [{ syncWindows: { kind: 'allow' } }, '1h', 'warning refresh spec.syncWindows'],
  ] as const)('with %j is refreshed every %s, and that is said', ([spec, interval, finding]) => {
    const { syncs, findings } = translate([vaultStoreObject(), externalSecret(spec)]);

    expect({ interval: syncs[0]?.interval, findings }).toEqual({ interval, findings: starts(finding) });
  });
});
