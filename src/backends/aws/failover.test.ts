import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { awsPod, createAwsUnderTest, JumpingClock, parameterRef, secretRef } from '../../../test/fakes/aws-callers.ts';
import { down, final, passing } from '../../../test/fakes/aws-failures.ts';
import { refuseJson, refuseXml } from '../../../test/fakes/aws-replies.ts';
import { FakeAws, type ScriptedAwsReply } from '../../../test/fakes/aws-server.ts';
import type { WireReply } from '../../../test/fakes/wire-server.ts';

const east = 'us-east-1';
const west = 'us-west-2';
const pod = awsPod('one');
const store = { failoverRegion: west };
const db = secretRef({ secretId: 'db' }, store);
let clock: JumpingClock;
let aws: FakeAws;

beforeEach(async () => {
  clock = new JumpingClock();
  aws = await FakeAws.start({ now: () => clock.now() });
  for (const region of [east, west]) {
    aws.secrets.set(region, 'db', `secret of ${region}`);
    aws.parameters.set(region, '/db', `parameter of ${region}`);
  }
});
afterEach(() => aws[Symbol.asyncDispose]());

function create(deps: Parameters<typeof createAwsUnderTest>[1] = {}) {
  return createAwsUnderTest(aws, { clock, ...deps });
}

function secretsAnswer(region: string, reply: WireReply, more: Partial<ScriptedAwsReply> = {}): void {
  aws.script({ action: 'GetSecretValue', region, reply, ...more });
}

describe('the failover region, lazily', () => {
  it('is not asked, nor logged in to, while the first one answers', async () => {
    await using under = create();

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${east}` });
    expect(await under.fetch(parameterRef({ name: '/db' }, store), pod)).toMatchObject({
      value: `parameter of ${east}`,
    });
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${east}`, `GetParameters ${east}`]);
  });

  it.for(passing)('serves after %s, with credentials of its own', async ([, reply]) => {
    await using under = create();
    secretsAnswer(east, reply);

    expect(await under.fetch(db, pod)).toEqual({ value: `secret of ${west}`, version: 'version-of-db' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(aws.requests.at(-1)).toMatchObject({ region: west, accessKeyId: 'ASIAFAKE2' });
  });

  it.for(final)('is not asked after %s', async ([name, code]) => {
    await using under = create();
    secretsAnswer(east, refuseJson(name));

    expect(await under.fetch(db, pod)).toMatchObject({ code });
    expect(aws.count('GetSecretValue', west)).toBe(0);
  });

  it('serves parameters after InternalServerError, and is not asked for one that is invalid', async () => {
    await using under = create();
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

  it('is asked for what is missing only', async () => {
    await using under = create();
    aws.secrets.set(east, 'other', 'here');
    secretsAnswer(east, down, { object: 'db' });

    const told = await under.fetchAll([secretRef({ secretId: 'other' }, store), db], pod);
    expect(told).toMatchObject([{ value: 'here' }, { value: `secret of ${west}` }]);
    expect(aws.requests.filter(({ region }) => region === west).map(({ input }) => input)).toEqual([
      { SecretId: 'db' },
    ]);
  });

  it('is asked for its own object, where there is one', async () => {
    await using under = create();
    aws.secrets.set(west, 'replica', [{ id: 'v7', stages: ['blue'], value: 'blue one' }]);
    aws.parameters.set(west, '/replica', { value: 'p', labels: ['green'] }, 'q');
    secretsAnswer(east, down);
    aws.script({ action: 'GetParameters', region: east, reply: down });

    const secret = { ...db, failover: { secretId: 'replica', versionStage: 'blue' } };
    expect(await under.fetch(secret, pod)).toEqual({ value: 'blue one', version: 'v7' });
    const parameter = { ...parameterRef({ name: '/db' }, store), failover: { name: '/replica', label: 'green' } };
    expect(await under.fetch(parameter, pod)).toEqual({ value: 'p', version: '1' });
  });

  it('tells both failures, as what the first one is', async () => {
    await using under = create();
    secretsAnswer(east, down);
    secretsAnswer(west, refuseJson('ResourceNotFoundException', "can't find the specified secret"));

    const told = await under.fetch(db, pod);
    expect(told.code).toBe('AWS_UNAVAILABLE');
    expect(told.message).toMatch(
      /^secretsmanager:GetSecretValue on secret "db" in us-east-1 as role .*: InternalServiceError: An error occurred on the server side\. .*\. In the failover region: secretsmanager:GetSecretValue on secret "db" in us-west-2 as role .*: ResourceNotFoundException: can't find the specified secret\. Check that it exists in us-west-2/,
    );
    expect(told.message).not.toMatch(/all regions/i);
  });

  it('serves when the first one cannot even log in', async () => {
    await using under = create();
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 3, reply: refuseXml('ServiceUnavailable', 'later', 503) });

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${west}` });
  });

  it.for([
    'InvalidIdentityToken',
    'ExpiredTokenException',
    'IDPRejectedClaim',
    'RegionDisabledException',
    'PackedPolicyTooLarge',
  ])('is not logged in to after %s', async (name) => {
    await using under = create();
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml(name) });

    expect(await under.fetch(db, pod)).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);
  });

  it('identifies who can log in there only', async () => {
    await using under = create();
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 1, reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.secrets.identify(db, pod, { signal: under.signal })).toBe('shared');
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('is asked with time to spare when the first one hangs', async () => {
    await using under = create();
    const arrivals = hangAt(east);
    const fetched = under.fetch(db, pod);
    for (let attempt = 0; attempt < 3; attempt++) {
      await arrivals.next();
      await clock.advance(10_000);
    }

    const began = Date.UTC(2026, 0, 1);
    expect(await fetched).toMatchObject({ value: `secret of ${west}` });
    expect(clock.now() - began).toBeLessThan(40_000);
  });

  it('is not asked for a caller who has gone', async () => {
    await using under = create();
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
function hangAt(region: string) {
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
