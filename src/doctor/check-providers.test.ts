import { expect, it } from 'vitest';

import { diagnose, driver, found, workload, type WorldObject } from '../../test/fakes/doctor-world.ts';

const ids = ['provider-foreign', 'socket-contested'] as const;
const volumes = [{ name: 'sockets', hostPath: { path: '/var/run/secrets-store-csi-providers/' } }];
const metadata = { namespace: 'system' };

function provider(name: string, image: string): WorldObject {
  return workload(name, [{ image }], { metadata, volumes });
}

function lockstep(...args: readonly string[]): WorldObject {
  return workload('lockstep-provider', [{ image: 'registry.example/lockstep:0.1.0', args: ['provider', ...args] }], {
    metadata,
    volumes,
  });
}

const vault = provider('vault-csi-provider', 'hashicorp/vault-csi-provider:1.7.4');

it.for([
  ['hashicorp/vault-csi-provider:1.7.4', 'serves vault.sock', 'lockstep-vault'],
  ['quay.io/openbao/openbao-csi-provider:2.0.2', 'serves openbao.sock', 'lockstep-openbao'],
  ['public.ecr.aws/aws-secrets-manager/secrets-store-csi-driver-provider-aws:3.1.0', 'serves aws.sock', 'lockstep-aws'],
  ['mcr.microsoft.com/oss/azure/secrets-store/provider-azure:v1.7', 'serves azure.sock', 'nothing'],
  ['example/somebody:1', 'serves sockets of its own', 'nothing'],
] as const)('%s %s', async ([image, reason, remedy]) => {
  const findings = (await diagnose({ daemonsets: [driver(), provider('other', image)] })).filter(
    ({ id }) => id === 'provider-foreign',
  );

  expect(findings).toEqual([
    {
      severity: 'info',
      id: 'provider-foreign',
      object: 'DaemonSet system/other',
      reason: expect.stringContaining(reason),
      remedy: expect.stringContaining(remedy),
    },
  ]);
});

it.for([
  [lockstep('--providers=lockstep-vault'), ['info provider-foreign DaemonSet system/vault-csi-provider']],
  [lockstep('--providers=aws,lockstep-vault'), ['info provider-foreign DaemonSet system/vault-csi-provider']],
  [lockstep('--providers=vault'), ['error socket-contested DaemonSet system/lockstep-provider']],
  [lockstep(), ['error socket-contested DaemonSet system/lockstep-provider']],
  [lockstep('--takeover'), ['error socket-contested DaemonSet system/lockstep-provider']],
] as const)('beside that of Vault, %j: %j', async ([own, findings]) => {
  expect(await found(ids, { daemonsets: [driver(), vault, own] })).toEqual(findings);
});

it.for([
  [lockstep(), 'is refused (SOCKET_IN_USE)', 'leave vault out'],
  [lockstep('--takeover'), 'take it over from each other', 'remove DaemonSet system/vault-csi-provider'],
] as const)('says what happens, and what to do', async ([own, reason, remedy]) => {
  const findings = await diagnose({ daemonsets: [driver(), vault, own] });
  const contested = findings.find(({ id }) => id === 'socket-contested');

  expect(contested?.reason).toContain(reason);
  expect(contested?.remedy).toContain(remedy);
});

it('a variable says which providers lockstep serves where no flag does', async () => {
  const env = [{ name: 'LOCKSTEP_PROVIDERS', value: 'lockstep-vault' }];
  const own = workload('lockstep-provider', [{ image: 'lockstep:1', args: ['provider'], env }], { metadata, volumes });

  expect(await found(ids, { daemonsets: [driver(), vault, own] })).toEqual([
    'info provider-foreign DaemonSet system/vault-csi-provider',
  ]);
});

it('a DaemonSet without the sockets is no provider', async () => {
  expect(
    await found(ids, { daemonsets: [driver(), workload('x', [{ image: 'hashicorp/vault-csi-provider:1' }])] }),
  ).toEqual([]);
});
