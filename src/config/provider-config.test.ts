import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import { formatProblem } from '../core/problem.ts';
import type { Environment, Given } from './flag.ts';
import { readProviderConfig } from './provider-config.ts';

const noTls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };

function read(given: Given, env: Environment = {}) {
  const parsed = readProviderConfig(given, env);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

function refusals(given: Given, env: Environment = {}): readonly string[] {
  const parsed = readProviderConfig(given, env);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('the configuration of a provider', () => {
  it('serves everything that is built with the documented defaults when told nothing', () => {
    const config = read({});

    expect(Object.isFrozen(config)).toBe(true);
    expect(config).toEqual({
      providerDir: '/var/run/secrets-store-csi-providers',
      providers: ['vault', 'openbao', 'aws', 'lockstep-vault', 'lockstep-openbao', 'lockstep-aws', 'lockstep'],
      awsFailover: 'lazy',
      awsBatch: 'off',
      nodeName: undefined,
      takeover: false,
      refreshInterval: 30_000,
      minRefreshInterval: 0,
      staleIfError: 3_600_000,
      versionKeyFile: undefined,
      mountDeadline: 100_000,
      maxMounts: 32,
      vaultAddresses: undefined,
      fileRoots: undefined,
      forbidSkipVerify: false,
      tokenRequestFallback: false,
      kubeconfig: undefined,
      metricsAddress: { host: '', port: 8080 },
      logLevel: 'info',
      logFormat: 'json',
      stores: {
        vault: { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls: noTls },
        openbao: { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls: noTls },
        aws: awsDefaults,
      },
      ignoredVariables: [],
    });
  });

  it('takes the store variables of the official providers, BAO_ first for OpenBao', () => {
    const { stores } = read(
      {},
      {
        VAULT_ADDR: 'https://vault.example:8200',
        VAULT_NAMESPACE: 'team',
        VAULT_CACERT: '/tls/ca.pem',
        VAULT_CAPATH: '/tls/ca',
        VAULT_CLIENT_CERT: '/tls/c.pem',
        VAULT_CLIENT_KEY: '/tls/k.pem',
        VAULT_TLS_SERVER_NAME: 'vault',
        VAULT_SKIP_VERIFY: 'T',
        BAO_ADDR: 'unix:///run/bao.sock',
        BAO_NAMESPACE: '',
        BAO_SKIP_VERIFY: 'false',
      },
    );

    const tls = {
      caFile: '/tls/ca.pem',
      caDirectory: '/tls/ca',
      clientCertFile: '/tls/c.pem',
      clientKeyFile: '/tls/k.pem',
      serverName: 'vault',
      skipVerify: true,
    };
    expect(stores.vault).toEqual({
      address: 'https://vault.example:8200',
      namespace: 'team',
      authMount: 'kubernetes',
      tls,
    });
    expect(stores.openbao).toEqual({
      address: 'unix:///run/bao.sock',
      namespace: 'team',
      authMount: 'kubernetes',
      tls: { ...tls, skipVerify: false },
    });
  });

  it('keeps BAO variables away from Vault', () => {
    expect(read({}, { BAO_ADDR: 'https://bao:8200' }).stores.vault.address).toBe('https://127.0.0.1:8200');
  });

  it('names the variables that have no effect, and never their values', () => {
    const config = read({}, { VAULT_TOKEN: 'hvs.secret', BAO_AGENT_ADDR: 'http://agent', VAULT_HEADERS: '' });

    expect(config.ignoredVariables).toEqual(['VAULT_TOKEN', 'BAO_AGENT_ADDR']);
    expect(JSON.stringify(config)).not.toContain('hvs.secret');
  });

  it('reports the mistakes of flags, their variables and the store variables together, each once', () => {
    const given = { refreshInterval: 'soon', providers: 'vault,gcp' };
    const env = {
      LOCKSTEP_MAX_MOUNTS: '0',
      VAULT_ADDR: 'vault:8200',
      VAULT_CLIENT_CERT: '/c',
      VAULT_SKIP_VERIFY: 'no',
      AWS_ENDPOINT_URL: 'localhost',
    };

    expect(refusals(given, env)).toEqual([
      '--providers: "vault,gcp" names what is not there: gcp; choose from: ' +
        'vault, openbao, aws, lockstep-vault, lockstep-openbao, lockstep-aws, lockstep',
      '--refresh-interval: "soon" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m',
      'LOCKSTEP_MAX_MOUNTS: "0" must be a whole number from 1 to 10000',
      'VAULT_CLIENT_CERT: goes with VAULT_CLIENT_KEY: set both or neither',
      'VAULT_ADDR: is no address ("vault:8200"); write https://HOST:PORT, http://HOST:PORT or unix:///PATH',
      'VAULT_SKIP_VERIFY: "no" must be true or false',
      'AWS_ENDPOINT_URL: "localhost" must be a URL: http://HOST:PORT or https://HOST:PORT',
    ]);
  });

  it.for(['https://user:pass@vault', 'https://u@vault'])('does not repeat the credentials of %s', (address) => {
    expect(refusals({ vaultAddresses: address }, { BAO_ADDR: address })).toEqual([
      '--vault-addresses: "https://…@vault" holds an address that carries credentials; leave them out',
      'BAO_ADDR: carries credentials; leave them out',
    ]);
  });

  it.for(['vault.example', 'ftp://vault', 'https://vault?x=1', 'https://vault#x', 'unix://', 'https://'])(
    'refuses the address %s',
    (address) => {
      expect(refusals({ vaultAddresses: address })).toHaveLength(1);
    },
  );
});
