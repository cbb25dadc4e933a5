import { describe, expect, it } from 'vitest';

import { externalSecret, operatorObject, translate, vaultStoreObject } from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));
const account = { name: 'app', audiences: ['vault'] };
const base = { vaultAddress: 'https://vault:8200' };

describe('A store of Vault', () => {
  it.for([
    [{}, { ...base, roleName: 'app' }],
    [{ namespace: 'team' }, { ...base, vaultNamespace: 'team', roleName: 'app' }],
    [
      { auth: { kubernetes: { role: 'r', mountPath: 'k8s', serviceAccountRef: account } } },
      { ...base, vaultAuthMountPath: 'k8s', roleName: 'r' },
    ],
    [
      { auth: { kubernetes: { role: 'r', mountPath: 'kubernetes', serviceAccountRef: account } } },
      { ...base, roleName: 'r' },
    ],
    [
      { auth: { kubernetes: { role: 'r', serviceAccountRef: { name: 'app', audiences: ['https://v'] } } } },
      { ...base, roleName: 'r', audience: 'https://v' },
    ],
    [
      {
        auth: {
          jwt: {
            role: 'r',
            kubernetesServiceAccountToken: { serviceAccountRef: { name: 'app' }, expirationSeconds: 600 },
          },
        },
      },
      { ...base, vaultAuthMethod: 'jwt', roleName: 'r' },
    ],
    [
      {
        auth: {
          jwt: {
            role: 'r',
            path: 'oidc',
            kubernetesServiceAccountToken: { serviceAccountRef: { name: 'app' }, audiences: ['a'] },
          },
        },
      },
      { ...base, vaultAuthMethod: 'jwt', vaultAuthMountPath: 'oidc', roleName: 'r', audience: 'a' },
    ],
    [
      { readYourWrites: false, forwardInconsistent: false, headers: {} },
      { ...base, roleName: 'app' },
    ],
  ] as const)('%j becomes the parameters %j', ([vault, parameters]) => {
    const { classes, syncs, findings } = translate([vaultStoreObject(vault), externalSecret()]);

    expect(findings).toEqual([]);
    expect(classes[0]?.parameters).toEqual(parameters);
    expect(syncs[0]?.serviceAccountName).toBe('app');
  });

  const appRole = { secretRef: { name: 'approle', key: 'secret_id' } };
  it.for([
    [{ appRole: { ...appRole, roleId: 'x' } }, { vaultAuthMethod: 'approle', vaultAppRoleId: 'x' }, 'approle'],
    [
      { appRole: { ...appRole, path: 'ar', roleRef: { name: 'approle', key: 'role_id' } } },
      { vaultAuthMethod: 'approle', vaultAuthMountPath: 'ar' },
      'approle',
    ],
    [{ tokenSecretRef: { name: 'vault-token', key: 'token' } }, { vaultAuthMethod: 'token' }, 'vault-token'],
  ] as const)('with the login %j takes its Secret along', ([auth, parameters, name]) => {
    const { classes, syncs, findings } = translate([vaultStoreObject({ auth }), externalSecret()]);

    expect(findings).toEqual([]);
    expect(classes[0]?.parameters).toEqual({ ...base, ...parameters });
    expect(syncs[0]).toMatchObject({ credentialsSecretRef: { name }, serviceAccountName: 'default' });
  });

  it.for([
    [
      { appRole: { roleId: 'x', secretRef: { name: 'a', key: 'id' } } },
      [
        'warning static-credentials spec.provider.vault.auth.appRole.secretRef: is under the key "id"; lockstep reads it under secret_id',
      ],
    ],
    [
      { appRole: { roleId: 'x' } },
      ['error manifest-invalid spec.provider.vault.auth.appRole.secretRef', 'error service-account spec:'],
    ],
    [
      { appRole: { ...appRole, roleRef: { name: 'other', key: 'role_id' } } },
      ['error static-credentials spec.provider.vault.auth.appRole.roleRef'],
    ],
    [
      { tokenSecretRef: { name: 'a', key: 'value' } },
      ['warning static-credentials spec.provider.vault.auth.tokenSecretRef.key'],
    ],
    [
      { kubernetes: { role: 'app', serviceAccountRef: { name: 'app' } } },
      ['warning vault-audience spec.provider.vault.auth.kubernetes.role: is used with tokens of the API server'],
    ],
    [
      { kubernetes: { role: 'app', serviceAccountRef: { name: 'app', audiences: ['vault', 'b'] } } },
      ['warning vault-audience spec.provider.vault.auth.kubernetes.serviceAccountRef.audiences'],
    ],
    [
      { kubernetes: { role: 'app', serviceAccountRef: account }, namespace: 'root' },
      ['error store-setting spec.provider.vault.auth.namespace'],
    ],
  ] as const)('with the login %j says what to do', ([auth, findings]) => {
    const made = translate([vaultStoreObject({ auth }), externalSecret()]);

    expect(made.findings).toEqual(starts(...findings));
    expect(made.classes).toHaveLength(1);
  });

  it.for([{ kubernetes: { role: 'app' } }, { kubernetes: { role: 'app', secretRef: { name: 'a' } } }])(
    'with the identity %j of somebody else needs a service account',
    (auth) => {
      const input = [vaultStoreObject({ auth }), externalSecret()];

      expect(translate(input).findings).toContainEqual(
        expect.stringMatching(/^error service-account spec: .*--service-account$/),
      );
      expect(translate(input).syncs[0]?.serviceAccountName).toBe('default');
      expect(translate(input, { serviceAccount: 'db' }).syncs[0]?.serviceAccountName).toBe('db');
      expect(translate(input, { serviceAccount: 'db' }).findings.join()).not.toContain('error service-account');
    },
  );

  it.for(['userPass', 'ldap', 'iam', 'gcp', 'cert', 'somethingNew'])(
    'with the login %s is left with the operator',
    (method) => {
      const made = translate([vaultStoreObject({ auth: { [method]: { path: 'x' } } }), externalSecret()]);

      expect(made.manifests).toEqual([]);
      expect(made.findings).toEqual(
        starts(
          `error store-unsupported spec.provider.vault.auth.${method}`,
          'error store-unsupported spec.secretStoreRef',
          'error manifest-invalid spec: has nothing',
        ),
      );
    },
  );

  it.for([
    [{ caBundle: 'YQ==' }, 'error vault-tls spec.provider.vault.caBundle'],
    [{ caProvider: { type: 'Secret', name: 'a' } }, 'error vault-tls spec.provider.vault.caProvider'],
    [{ tls: { certSecretRef: { name: 'a' } } }, 'error vault-tls spec.provider.vault.tls'],
    [{ headers: { a: 'b' } }, 'error store-setting spec.provider.vault.headers'],
    [{ readYourWrites: true }, 'warning store-setting spec.provider.vault.readYourWrites'],
    [{ checkAndSet: { required: true } }, 'warning store-setting spec.provider.vault.checkAndSet'],
    [{ version: 'v3' }, 'error manifest-invalid spec.provider.vault.version'],
    [{ server: '' }, 'error manifest-invalid spec.provider.vault.server'],
  ] as const)('with %j says what is not carried over', ([vault, finding]) => {
    expect(translate([vaultStoreObject(vault), externalSecret()]).findings).toEqual(starts(finding));
  });

  it('of another product is left with the operator, once for all that use it', () => {
    const gcp = operatorObject('SecretStore', 'vault', { provider: { gcpsm: { projectID: 'x' } } });
    const { manifests, findings } = translate([gcp, externalSecret(), externalSecret({}, {}, 'two')]);

    expect(manifests).toEqual([]);
    expect(findings.filter((text) => text.startsWith('error store-unsupported spec.provider.gcpsm'))).toHaveLength(1);
  });

  it('of the cluster lends no service account and no Secret to another namespace', () => {
    const cluster = (auth: object) =>
      operatorObject('ClusterSecretStore', 'vault', {
        provider: { vault: { server: 'https://v', path: 'secret', auth } },
      });
    const secret = externalSecret({ secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' } });
    const kubernetes = (namespace: string | undefined) => ({
      kubernetes: { role: 'app', serviceAccountRef: { ...account, namespace } },
    });

    expect(translate([cluster(kubernetes(undefined)), secret]).findings).toEqual([]);
    expect(translate([cluster(kubernetes('shop')), secret]).findings).toEqual([]);
    expect(translate([cluster(kubernetes('eso')), secret]).findings).toEqual(
      starts('error service-account spec: reads its store as the service account eso/app'),
    );
    const token = { tokenSecretRef: { name: 'token', namespace: 'eso', key: 'token' } };
    expect(translate([cluster(token), secret]).findings).toEqual(
      starts('error static-credentials spec: logs in with the Secret eso/token'),
    );
  });

  it('with settings of the operator says that they mean nothing', () => {
    const { spec, ...rest } = vaultStoreObject() as { spec: object };
    const store = {
      ...rest,
      spec: { ...spec, controller: 'mine', conditions: [{}], retrySettings: { maxRetries: 3 }, refreshInterval: 60 },
    };

    expect(translate([store, externalSecret()]).findings).toEqual(
      starts(
        ...['controller', 'conditions', 'retrySettings', 'refreshInterval'].map(
          (name) => `warning store-setting spec.${name}`,
        ),
      ),
    );
  });
});
