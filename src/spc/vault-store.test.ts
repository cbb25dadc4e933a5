import { describe, expect, it } from 'vitest';

import type { VaultStore } from '../core/object-ref.ts';
import { formatProblem, type Problem } from '../core/problem.ts';
import type { VaultDefaults } from '../core/store-defaults.ts';
import { openbaoFlavour, vaultFlavour, VaultParameters } from './vault-parameters.ts';
import { readVaultStore } from './vault-store.ts';

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const plain: VaultDefaults = { address: 'https://vault:8200', namespace: 'own', authMount: 'kubernetes', tls };

type Given = Readonly<Record<string, string>>;

function read(
  given: Given,
  { flavour = vaultFlavour, defaults = plain } = {},
): { store: VaultStore; problems: string[] } {
  const problems: Problem[] = [];
  const parameters = new VaultParameters(new Map(Object.entries({ roleName: 'app', ...given })), flavour);
  const store = readVaultStore(parameters, defaults, problems);
  return { store, problems: problems.map(formatProblem) };
}

function storeOf(given: Given, options?: Parameters<typeof read>[1]): VaultStore {
  const { store, problems } = read(given, options);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return store;
}

function problems(given: Given, options?: Parameters<typeof read>[1]): readonly string[] {
  return read(given, options).problems;
}

describe('the way into the store', () => {
  it.for(['http://h', 'HTTPS://h:1/base/', 'unix:///run/agent.sock'])('takes the address %s', (vaultAddress) => {
    expect(storeOf({ vaultAddress }).address).toBe(vaultAddress);
  });

  it.for([
    'h:8200',
    '//h',
    'ftp://h',
    'https://',
    'https:///x',
    'http://h\n',
    'http://h /',
    'unix://x',
    'javascript:1',
  ])('refuses the address %j', (vaultAddress) => {
    expect(problems({ vaultAddress })).toEqual([expect.stringMatching(/^parameters\.vaultAddress: must be https:/)]);
  });

  it('takes the namespace of the manifest, an empty one for none', () => {
    expect(storeOf({ vaultNamespace: '/team-a/' }).namespace).toBe('/team-a/');
    expect(storeOf({ vaultNamespace: '' }).namespace).toBe('own');
  });

  const own: VaultDefaults['tls'] = {
    caFile: '/own/ca',
    caDirectory: '/own/cas',
    serverName: 'own',
    clientCertFile: '/own/cert',
    clientKeyFile: '/own/key',
    skipVerify: true,
  };
  it.for([
    [{}, { caFile: '/own/ca', caDirectory: '', serverName: 'own', clientCertFile: '/own/cert', skipVerify: true }],
    [{ vaultCACertPath: '/ca' }, { caFile: '/ca', caDirectory: '' }],
    [{ vaultCADirectory: '/cas' }, { caFile: '', caDirectory: '/cas' }],
    [
      { vaultCACertPath: '/ca', vaultCADirectory: '/cas' },
      { caFile: '/ca', caDirectory: '' },
    ],
    [{ vaultTLSServerName: 'x' }, { serverName: 'x' }],
    [
      { vaultTLSClientCertPath: '/c', vaultTLSClientKeyPath: '/k' },
      { clientCertFile: '/c', clientKeyFile: '/k' },
    ],
    [{ vaultSkipTLSVerify: 'false' }, { skipVerify: true }],
  ] as const)('lays the TLS parameters %j over those of the daemon', ([parameters, expected]) => {
    const layered = { ...plain, tls: own };
    expect(storeOf(parameters, { defaults: layered }).tls).toMatchObject(expected);
  });

  it('can turn verification off and refuses half a pair', () => {
    expect(storeOf({ vaultSkipTLSVerify: 'TRUE' }).tls.skipVerify).toBe(true);
    expect(problems({ vaultTLSClientKeyPath: '/k' })).toEqual([
      'parameters.vaultTLSClientKeyPath: goes with vaultTLSClientCertPath; set both or neither',
    ]);
  });
});

describe('login', () => {
  const serviceAccount = { method: 'service-account', role: 'app', audience: 'vault', requestAudience: '' };
  it.for([
    [{}, { ...serviceAccount, mount: 'kubernetes' }],
    [{ audience: '' }, { ...serviceAccount, mount: 'kubernetes' }],
    [{ audience: 'own' }, { ...serviceAccount, mount: 'kubernetes', audience: 'own', requestAudience: 'own' }],
    [{ vaultAuthMountPath: '/team//k8s/' }, { ...serviceAccount, mount: 'team/k8s' }],
    [{ vaultKubernetesMountPath: 'k8s' }, { ...serviceAccount, mount: 'k8s' }],
    [{ vaultKubernetesMountPath: '' }, { ...serviceAccount, mount: 'kubernetes' }],
    [{ vaultAuthMethod: 'jwt' }, { ...serviceAccount, mount: 'jwt' }],
    [{ vaultAuthMethod: 'approle' }, { method: 'approle', mount: 'approle', roleId: '' }],
    [
      { vaultAuthMethod: 'approle', vaultAppRoleId: 'r', vaultAuthMountPath: 'x' },
      { method: 'approle', mount: 'x', roleId: 'r' },
    ],
    [
      { vaultAuthMethod: 'cert', roleName: '' },
      { method: 'cert', mount: 'cert', role: '' },
    ],
    [{ vaultAuthMethod: 'token', roleName: '' }, { method: 'token' }],
  ] as const)('reads %j', ([parameters, auth]) => {
    expect(storeOf(parameters).auth).toEqual(auth);
  });

  it.for([
    [{ vaultAuthMethod: 'ldap' }, /vaultAuthMethod: is "ldap"; write one of kubernetes, jwt, approle, cert, token/],
    [{ vaultAuthMethod: 'jwt', roleName: '' }, /roleName: is missing; .*"jwt"/],
    [
      { vaultAuthMountPath: '', vaultKubernetesMountPath: '' },
      /vaultKubernetesMountPath: means the same as vaultAuthMountPath/,
    ],
    [{ vaultAuthMountPath: '../sys' }, /vaultAuthMountPath: must not hold/],
    [{ vaultAuthMountPath: '//' }, /vaultAuthMountPath: names no mount/],
  ] as const)('refuses %j', ([parameters, message]) => {
    expect(problems(parameters)).toEqual([expect.stringMatching(message)]);
  });
});

describe('OpenBao', () => {
  const bao = { flavour: openbaoFlavour };
  it('has its own audience', () => {
    expect(storeOf({}, bao)).toMatchObject({
      auth: { audience: 'openbao', requestAudience: '' },
    });
  });

  it.for([
    [{ vaultAddress: 'http://v' }, 'http://v'],
    [{ vaultAddress: 'http://v', openbaoAddress: 'http://o' }, 'http://o'],
    [{ vaultAddress: 'http://v', openbaoAddress: 'http://o', baoAddress: 'http://b' }, 'http://b'],
    [{ vaultAddress: 'http://v', baoAddress: '' }, 'http://v'],
  ] as const)('takes the address of %j', ([parameters, address]) => {
    expect(storeOf(parameters, bao).address).toBe(address);
  });

  it.for([
    [{ vaultRoleName: 'v' }, 'v'],
    [{ vaultRoleName: 'v', openbaoRoleName: 'o' }, 'o'],
    [{ vaultRoleName: 'v', openbaoRoleName: 'o', baoRoleName: 'b' }, 'b'],
    [{}, 'app'],
  ] as const)('takes the role of %j', ([parameters, role]) => {
    expect(storeOf(parameters, bao).auth).toMatchObject({ role });
  });

  it('checks each prefix on its own', () => {
    expect(storeOf({ vaultKubernetesMountPath: 'v', baoAuthMountPath: 'b' }, bao).auth).toMatchObject({
      mount: 'b',
    });
    expect(problems({ openbaoKubernetesMountPath: 'v', openbaoAuthMountPath: 'b' }, bao)).toEqual([
      expect.stringContaining('openbaoKubernetesMountPath'),
    ]);
    expect(problems({ baoAddress: 'x', baoSkipTLSVerify: 'no', vaultSkipTLSVerify: 'true' }, bao)).toEqual([
      expect.stringContaining('parameters.baoAddress'),
      expect.stringContaining('parameters.baoSkipTLSVerify'),
    ]);
  });

  it('means nothing to the dialect for Vault', () => {
    expect(storeOf({ baoAddress: 'http://b', baoRoleName: 'b' })).toEqual(storeOf({}));
  });
});
