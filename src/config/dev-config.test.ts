import { describe, expect, it } from 'vitest';

import { readDevConfig } from './dev-config.ts';

const stores = { vault: 'http://127.0.0.1:4', aws: 'http://127.0.0.1:5' };
const place = { providerDir: '/run/x', stores, versionKeyFile: '/run/key' };
const vaultAddress = 'https://vault.example:8200';

describe('readDevConfig', () => {
  it('gives the provider the embedded stores and nothing of real ones', () => {
    const ofVault = { VAULT_ADDR: vaultAddress, VAULT_NAMESPACE: 'team', VAULT_TOKEN: 'hvs.mine' };
    const ofAws = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_STS: 'https://sts.example', HTTPS_PROXY: 'http://proxy' };
    const read = readDevConfig({}, { ...ofVault, ...ofAws });
    const provider = read.ok ? read.value.readProvider(place) : read;

    expect(read).toMatchObject({ ok: true, value: { vault: undefined, once: false, reveal: false } });
    expect(provider).toMatchObject({
      ok: true,
      value: {
        providerDir: '/run/x',
        versionKeyFile: '/run/key',
        refreshInterval: 1000,
        metricsAddress: undefined,
        ignoredVariables: [],
        stores: {
          vault: { address: 'http://127.0.0.1:4', namespace: '' },
          openbao: { address: 'http://127.0.0.1:4', namespace: '' },
          aws: {
            region: 'eu-north-1',
            endpoints: { secretsManager: stores.aws, ssm: stores.aws, sts: stores.aws },
            proxy: {},
          },
        },
      },
    });
  });

  it('enters a real Vault with the token and settings of the environment', () => {
    const env = { VAULT_TOKEN: 'hvs.mine', VAULT_NAMESPACE: 'team', VAULT_CACERT: '/ca.pem' };
    const read = readDevConfig({ vaultAddress }, env);
    const provider = read.ok
      ? read.value.readProvider({ ...place, stores: { vault: vaultAddress, aws: undefined } })
      : read;

    expect(read).toMatchObject({ ok: true, value: { vault: { address: vaultAddress, token: 'hvs.mine' } } });
    expect(provider).toMatchObject({
      ok: true,
      value: {
        ignoredVariables: [],
        // No token of a played pod is ever sent to the real AWS.
        providers: ['vault', 'openbao', 'lockstep-vault', 'lockstep-openbao'],
        stores: { vault: { address: vaultAddress, namespace: 'team', tls: { caFile: '/ca.pem' } } },
      },
    });
  });

  it.for([
    ['without a token', { vaultAddress }, {}, ['VAULT_TOKEN']],
    ['that is no address', { vaultAddress: 'vault' }, { VAULT_TOKEN: 't' }, ['--vault-address']],
    [
      'with what belongs to the embedded store, all at once',
      { vaultAddress, secrets: 's.yaml', once: true as const },
      { VAULT_TOKEN: 't' },
      ['--secrets', '--once'],
    ],
  ] as const)('refuses a real Vault %s', ([, given, env, paths]) => {
    const read = readDevConfig(given, env);

    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual(paths);
  });
});
