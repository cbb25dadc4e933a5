import { describe, expect } from 'vitest';

import { awsPod, parameterRef, secretRef } from '../../../test/fakes/aws-callers.ts';
import { db, east, it, store, west } from '../../../test/fakes/aws-failover.ts';
import { down, final, passing } from '../../../test/fakes/aws-failures.ts';
import { refuseJson, refuseXml } from '../../../test/fakes/aws-replies.ts';
import type { FakeAws } from '../../../test/fakes/aws-server.ts';

const pod = awsPod('one');

describe('the failover region, lazily', () => {
  it('is not asked, nor logged in to, while the first one answers', async ({ aws, under }) => {
    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${east}` });
    expect(await under.fetch(parameterRef({ name: '/db' }, store), pod)).toMatchObject({
      value: `parameter of ${east}`,
    });
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${east}`, `GetParameters ${east}`]);
  });

  it.for(passing)('serves after %s, with credentials of its own', async ([, reply], { secretsAnswer, aws, under }) => {
    secretsAnswer(east, reply);

    expect(await under.fetch(db, pod)).toEqual({ value: `secret of ${west}`, version: 'version-of-db' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(aws.requests.at(-1)).toMatchObject({ region: west, accessKeyId: 'ASIAFAKE2' });
  });

  it.for(final)('is not asked after %s', async ([name, code], { secretsAnswer, aws, under }) => {
    secretsAnswer(east, refuseJson(name));

    expect(await under.fetch(db, pod)).toMatchObject({ code });
    expect(aws.count('GetSecretValue', west)).toBe(0);
  });

  it('serves parameters after InternalServerError, and is not asked for one that is invalid', async ({
    aws,
    under,
  }) => {
    aws.script({ action: 'GetParameters', region: east, times: 3, reply: down });
    const refs = [parameterRef({ name: '/db' }, store), parameterRef({ name: '/none' }, store)];

    expect(await under.fetchAll(refs, pod)).toMatchObject([
      { value: `parameter of ${west}` },
      { code: 'AWS_UNAVAILABLE' },
    ]);
    aws.clearScripts();
    const before = aws.count('GetParameters', west);
    expect(await under.fetchAll(refs, pod)).toMatchObject([
      { value: `parameter of ${east}` },
      { code: 'AWS_NOT_FOUND' },
    ]);
    expect(aws.count('GetParameters', west)).toBe(before);
  });

  it('is asked for what is missing only', async ({ secretsAnswer, aws, under }) => {
    aws.secrets.set(east, 'other', 'here');
    secretsAnswer(east, down, { object: 'db' });

    const told = await under.fetchAll([secretRef({ secretId: 'other' }, store), db], pod);
    expect(told).toMatchObject([{ value: 'here' }, { value: `secret of ${west}` }]);
    expect(aws.requests.filter(({ region }) => region === west).map(({ input }) => input)).toEqual([
      { SecretId: 'db' },
    ]);
  });

  it('is asked for its own object, where there is one', async ({ secretsAnswer, aws, under }) => {
    aws.secrets.set(west, 'replica', [{ id: 'v7', stages: ['blue'], value: 'blue one' }]);
    aws.parameters.set(west, '/replica', { value: 'p', labels: ['green'] }, 'q');
    secretsAnswer(east, down);
    aws.script({ action: 'GetParameters', region: east, reply: down });

    const secret = { ...db, failover: { secretId: 'replica', versionStage: 'blue' } };
    expect(await under.fetch(secret, pod)).toEqual({ value: 'blue one', version: 'v7' });
    const parameter = { ...parameterRef({ name: '/db' }, store), failover: { name: '/replica', label: 'green' } };
    expect(await under.fetch(parameter, pod)).toEqual({ value: 'p', version: '1' });
  });

  it('tells both failures, as what the first one is', async ({ secretsAnswer, under }) => {
    secretsAnswer(east, down);
    secretsAnswer(west, refuseJson('ResourceNotFoundException', "can't find the specified secret"));

    const told = await under.fetch(db, pod);
    expect(told.code).toBe('AWS_UNAVAILABLE');
    expect(told.message).toMatch(
      /^secretsmanager:GetSecretValue on secret "db" in us-east-1 as role .*: InternalServiceError: An error occurred on the server side\. .*\. In the failover region: secretsmanager:GetSecretValue on secret "db" in us-west-2 as role .*: ResourceNotFoundException: can't find the specified secret\. Check that it exists in us-west-2/,
    );
    expect(told.message).not.toMatch(/all regions/i);
  });

  it('serves when the first one cannot even log in', async ({ aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 3, reply: refuseXml('ServiceUnavailable', 'later', 503) });

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${west}` });
  });

  it.for([
    'InvalidIdentityToken',
    'ExpiredTokenException',
    'IDPRejectedClaim',
    'RegionDisabledException',
    'PackedPolicyTooLarge',
  ])('is not logged in to after %s', async (name, { aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml(name) });

    expect(await under.fetch(db, pod)).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);
  });

  it('identifies who can log in there only', async ({ aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 1, reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.secrets.identify(db, pod, { signal: under.signal })).toBe('shared');
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('is asked with time to spare when the first one hangs', async ({ aws, clock, under }) => {
    const arrivals = hangAt(aws, east);
    const fetched = under.fetch(db, pod);
    for (let attempt = 0; attempt < 3; attempt++) {
      await arrivals.next();
      await clock.advance(10_000);
    }

    const began = Date.UTC(2026, 0, 1);
    expect(await fetched).toMatchObject({ value: `secret of ${west}` });
    expect(clock.now() - began).toBeLessThan(40_000);
  });

  it('is not asked for a caller who has gone', async ({ aws, under }) => {
    const controller = new AbortController();
    aws.script({
      action: 'GetSecretValue',
      region: east,
      reply: () => {
        controller.abort(new Error('gone'));
        return 'hang';
      },
    });

    const [outcome] = await under.secrets.fetch([db], pod, { signal: controller.signal });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'MOUNT_CANCELLED' } });
    expect(aws.count('GetSecretValue', west)).toBe(0);
  });
});

/** Lets requests for secrets hang in a region; each step waits for the next one to arrive. */
function hangAt(aws: FakeAws, region: string) {
  let arrived = Promise.withResolvers<void>();
  aws.script({
    action: 'GetSecretValue',
    region,
    reply: () => {
      arrived.resolve();
      return 'hang';
    },
  });
  return {
    async next(): Promise<void> {
      await arrived.promise;
      arrived = Promise.withResolvers();
    },
  };
}
