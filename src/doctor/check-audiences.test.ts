import { expect, it } from 'vitest';

import { diagnose, found, mountOf, object, workload, type World } from '../../test/fakes/doctor-world.ts';

const ids = ['audience-missing'] as const;

function without(...audiences: readonly string[]): World {
  const all = ['vault', 'sts.amazonaws.com'].filter((each) => !audiences.includes(each));
  const tokenRequests = all.map((audience) => ({ audience }));
  return {
    csidrivers: [{ metadata: { name: 'secrets-store.csi.k8s.io' }, spec: { requiresRepublish: true, tokenRequests } }],
  };
}

async function missing(provider: string, parameters: object): Promise<readonly string[]> {
  const world = {
    ...without('vault', 'sts.amazonaws.com'),
    secretproviderclasses: [object('web', { provider, parameters })],
  };
  const findings = await diagnose(world);
  return findings
    .filter(({ id, severity }) => id === 'audience-missing' && severity === 'error')
    .map(({ reason }) => /audience "([^"]*)", which SecretProviderClass shop\/web needs/.exec(reason)?.[1] ?? reason);
}

it.for([
  ['vault', {}, ['vault']],
  ['lockstep-vault', { audience: 'https://vault' }, ['https://vault']],
  ['vault', { vaultAuthMethod: 'jwt' }, ['vault']],
  ['vault', { vaultAuthMethod: 'approle' }, []],
  ['openbao', {}, ['openbao']],
  ['lockstep-openbao', { baoAuthMethod: 'token' }, []],
  ['aws', {}, ['sts.amazonaws.com']],
  ['lockstep-aws', { usePodIdentity: 'true' }, ['pods.eks.amazonaws.com']],
  ['lockstep', { objects: '- provider: vault\n- {provider: "aws"}' }, ['vault', 'sts.amazonaws.com']],
  ['lockstep', { objects: '- provider: openbao' }, ['openbao']],
  ['azure', {}, []],
] as const)('a class of %s with %j needs %j', async ([provider, parameters, audiences]) => {
  expect(await missing(provider, parameters)).toEqual(audiences);
});

it('what is requested is not named, and what is usual and missing is said for information', async () => {
  const classes = { secretproviderclasses: [object('web', { provider: 'vault' })] };

  expect(await found(ids, { ...without(), ...classes })).toEqual([]);
  expect(await found(ids, { ...without('sts.amazonaws.com'), ...classes })).toEqual([
    'info audience-missing CSIDriver secrets-store.csi.k8s.io',
  ]);
});

it('a class that a SecretProviderClassSync alone uses needs nothing of the driver', async () => {
  const synced = {
    ...without('vault'),
    secretproviderclasses: [object('web', { provider: 'vault' })],
    secretproviderclasssyncs: [object('web', { secretProviderClassName: 'web' }, { status: { conditions: [] } })],
  };
  const pods = { deployments: [workload('web', [], { volumes: [mountOf('web')] })] };

  expect(await found(ids, synced)).toEqual(['info audience-missing CSIDriver secrets-store.csi.k8s.io']);
  expect(await found(ids, { ...synced, ...pods })).toEqual([
    'error audience-missing CSIDriver secrets-store.csi.k8s.io',
  ]);
});

it('many classes are named in short', async () => {
  const secretproviderclasses = ['a', 'b', 'c', 'd', 'e'].map((name) => object(name, { provider: 'vault' }));
  const [finding] = await diagnose({ ...without('vault'), secretproviderclasses });

  expect(finding?.reason).toContain('shop/a, shop/b, shop/c and 2 more');
});
