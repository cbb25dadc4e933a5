import { globSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { diagnose, found, object, workload } from '../../test/fakes/doctor-world.ts';
import { shippedPolicies } from './check-install.ts';

const ids = [
  'crds-missing',
  'driver-crds-missing',
  'policy-missing',
  'controller-absent',
  'pin-unsupported',
  'pin-policy-missing',
] as const;

it.for([
  ['secretproviderclasssyncs', ['error crds-missing cluster']],
  ['secretproviderclasses', ['error driver-crds-missing cluster']],
  ['mutatingadmissionpolicies', ['info pin-unsupported cluster']],
  ['externalsecrets', []],
] as const)('without %s: %j', async ([plural, findings]) => {
  expect(await found(ids, {}, { unserved: [plural] })).toEqual(findings);
});

const authors = 'lockstep-approvals, lockstep-class-authors, lockstep-sync-authors';
const ofController = 'lockstep-token-requests, lockstep-token-secrets';
function controller(...flags: readonly string[]) {
  return workload('lockstep-controller', [{ image: 'registry.example/lockstep:1', args: ['controller', ...flags] }]);
}
const seen = { status: { conditions: [] } };

it.for([
  ['no controller', {}, authors],
  ['a program that is none', { deployments: [workload('web', [{ image: 'web', args: ['controller'] }])] }, authors],
  ['a controller', { deployments: [controller()] }, `${authors}, ${ofController}`],
  ['one that runs elsewhere', { secretproviderclasssyncs: [object('a', {}, seen)] }, `${authors}, ${ofController}`],
  [
    'one that patches nodes',
    { deployments: [controller('--startup-taint=lockstep.dev/provider-not-ready')] },
    `${authors}, ${ofController}, lockstep-startup-taint`,
  ],
] as const)('with %s the policies that it needs are named together when they are missing', async ([, world, names]) => {
  const missing = (await diagnose({ validatingadmissionpolicies: [], ...world })).filter(
    ({ id }) => id === 'policy-missing',
  );

  expect(missing.map(({ reason }) => reason.split(': ')[0])).toEqual([`ValidatingAdmissionPolicy ${names}`]);
});

it('the policies that it looks for are those that are shipped', () => {
  const files = globSync('deploy/policies/*.yaml').map((file) => readFileSync(file, 'utf8'));
  const shipped = files.flatMap((text) =>
    [...text.matchAll(/^kind: ValidatingAdmissionPolicy\nmetadata:\n(?: +.*\n)*? +name: (\S+)$/gm)].map(
      ([, name]) => name,
    ),
  );

  expect(new Set(shipped)).toEqual(new Set(shippedPolicies));
});

it('policies that could not be looked at are not said to be missing', async () => {
  const options = { forbidden: ['validatingadmissionpolicies'] };
  expect(await found(ids, { validatingadmissionpolicies: [] }, options)).toEqual([]);
});

it.for([
  [[object('a'), object('b')], ['error controller-absent SecretProviderClassSync shop/a, shop/b']],
  [[object('a', {}, seen), object('b')], []],
  [[], []],
] as const)('a controller that has looked at none of %j is absent', async ([secretproviderclasssyncs, findings]) => {
  expect(await found(ids, { secretproviderclasssyncs })).toEqual(findings);
});

const pinned = { secretproviderclasssyncs: [object('a', { rollout: { mode: 'Pin' } }, seen)] };
it('Pin needs its policy, and an API server that has such', async () => {
  const policy = { mutatingadmissionpolicies: [{ metadata: { name: 'lockstep-pin-secrets' } }] };

  expect(await found(ids, { ...pinned, ...policy })).toEqual([]);
  expect(await found(ids, pinned)).toEqual(['error pin-policy-missing SecretProviderClassSync shop/a']);
  expect(await found(ids, pinned, { unserved: ['mutatingadmissionpolicies'] })).toEqual([
    'error pin-unsupported SecretProviderClassSync shop/a',
  ]);
  expect(await found(ids, pinned, { forbidden: ['mutatingadmissionpolicies'] })).toEqual([]);
});
