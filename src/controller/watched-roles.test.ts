import { describe, expect, it } from 'vitest';

import type { Caller } from '../core/caller.ts';
import { SecretError } from '../core/errors.ts';
import type { AccountObject } from './account.ts';
import { createWatchedRoles } from './watched-roles.ts';

const caller: Caller = {
  kind: 'service-account',
  namespace: 'shop',
  serviceAccount: 'app',
  tokens: new Map(),
  secrets: new Map(),
};
const { signal } = new AbortController();
const forbidden = new SecretError(
  'KUBE_FORBIDDEN',
  'lockstep may not list serviceaccounts in namespace shop; grant it',
);

function rolesOf(accounts: Readonly<Record<string, AccountObject>>, problem?: SecretError) {
  return createWatchedRoles({
    get: (key) => accounts[key],
    problem: (namespace) => (namespace === 'shop' ? problem : undefined),
  });
}

describe('The role of a service account that is watched', () => {
  it('is that of its annotation', async () => {
    const roles = rolesOf({
      'shop/app': { uid: 'u', roleArn: 'arn:aws:iam::1:role/app' },
      'other/app': { uid: 'v', roleArn: 'no' },
    });
    expect(await roles.roleOf(caller, { signal })).toBe('arn:aws:iam::1:role/app');
  });

  it.for([
    { what: 'has no annotation', accounts: { 'shop/app': { uid: 'u', roleArn: undefined } } },
    { what: 'is not there', accounts: {} },
  ])('is none where the account $what', async ({ accounts }) => {
    expect(await rolesOf(accounts).roleOf(caller, { signal })).toBeUndefined();
  });

  it('is not taken for none where accounts may not be listed: the missing permission is named', async () => {
    const looking = rolesOf({}, forbidden).roleOf(caller, { signal });
    await expect(looking).rejects.toMatchObject({ code: 'AWS_ROLE_LOOKUP_FAILED', cause: forbidden });
    await expect(looking).rejects.toThrow('service account shop/app: lockstep may not list serviceaccounts');
  });

  it('is what it was when listing accounts becomes forbidden', async () => {
    const roles = rolesOf({ 'shop/app': { uid: 'u', roleArn: 'arn:aws:iam::1:role/app' } }, forbidden);
    expect(await roles.roleOf(caller, { signal })).toBe('arn:aws:iam::1:role/app');
  });
});
