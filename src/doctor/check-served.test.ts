import { expect, it } from 'vitest';

import { diagnose, driver, found, mountOf, object, workload, type WorldObject } from '../../test/fakes/doctor-world.ts';

const ids = ['provider-absent'] as const;
const sockets = [{ name: 'sockets', hostPath: { path: '/var/run/secrets-store-csi-providers' } }];

/** Two pods that mount a class of that provider each, with these DaemonSets beside the driver. */
function mounting(provider: string, ...daemonsets: readonly WorldObject[]) {
  return {
    secretproviderclasses: [object('db', { provider }), object('api', { provider }), object('unused', { provider })],
    deployments: [workload('web', [], { volumes: [mountOf('db')] })],
    statefulsets: [workload('queue', [], { volumes: [mountOf('api')] })],
    daemonsets: [driver(), ...daemonsets],
  };
}

function daemon(image: string, ...args: readonly string[]): WorldObject {
  return workload('provider', [{ image, args }], { volumes: sockets });
}
const absent = 'error provider-absent SecretProviderClass shop/db, shop/api';

it.for([
  ['vault', 'nobody', [], [absent]],
  ['aws', 'that of Vault', [daemon('hashicorp/vault-csi-provider:1.7.4')], [absent]],
  ['vault', 'that of Vault', [daemon('hashicorp/vault-csi-provider:1.7.4')], []],
  ['vault', 'lockstep', [daemon('lockstep:1', 'provider')], []],
  ['lockstep', 'lockstep', [daemon('lockstep:1', 'provider')], []],
  ['lockstep', 'lockstep for others', [daemon('lockstep:1', 'provider', '--providers=vault,aws')], [absent]],
  ['vault', 'somebody whose sockets are not known', [daemon('example/copy-of-lockstep-in-an-image:1')], []],
  ['gcp', 'nobody, and it is not for us', [], []],
] as const)('classes of %s are served by %s', async ([provider, , daemonSets, findings]) => {
  expect(await found(ids, mounting(provider, ...daemonSets))).toEqual(findings);
});

it('says which socket is missing, and what to do', async () => {
  const [finding] = (await diagnose(mounting('lockstep-aws'))).filter(({ id }) => id === 'provider-absent');

  expect(finding?.reason).toContain('no DaemonSet serves lockstep-aws.sock');
  expect(finding?.remedy).toContain('with lockstep-aws in its --providers');
});

it('nothing is said where DaemonSets could not be looked at', async () => {
  expect(await found(ids, mounting('vault'), { forbidden: ['daemonsets'] })).toEqual([]);
});
