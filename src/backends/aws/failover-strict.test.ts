import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { awsPod, createAwsUnderTest, JumpingClock, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { down, final, passing } from '../../../test/fakes/aws-failures.ts';
import { refuseJson } from '../../../test/fakes/aws-replies.ts';
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

describe('the failover region, strictly', () => {
  it('is always asked, and its value used only when the first one has none', async () => {
    await using under = create({ failover: 'strict' });

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${east}` });
    expect(aws.calls.toSorted()).toEqual([
      'AssumeRoleWithWebIdentity',
      'AssumeRoleWithWebIdentity',
      `GetSecretValue ${east}`,
      `GetSecretValue ${west}`,
    ]);
    secretsAnswer(east, down);
    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${west}` });
  });

  it.for(final)('fails a healthy object with its own %s', async ([name, code]) => {
    await using under = create({ failover: 'strict' });
    secretsAnswer(west, refuseJson(name));

    const told = await under.fetch(db, pod);
    expect(told.code).toBe(code);
    expect(told.message).toContain('in us-west-2');
  });

  it.for(passing)('cannot fail a healthy object with %s', async ([, reply]) => {
    await using under = create({ failover: 'strict' });
    secretsAnswer(west, reply);

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${east}` });
  });

  it('tells both failures', async () => {
    await using under = create({ failover: 'strict' });
    secretsAnswer(east, down);
    secretsAnswer(west, down);

    const told = await under.fetch(db, pod);
    expect(told).toMatchObject({ code: 'AWS_UNAVAILABLE' });
    expect(told.message).toMatch(/us-east-1.*In the failover region: .*us-west-2/);
  });

  it('asks the agent of Pod Identity for each region', async () => {
    await using under = create({ failover: 'strict' });

    await under.fetch(secretRef({ secretId: 'db' }, { ...store, identity: podIdentity }), pod);
    expect(aws.count('GetCredentials')).toBe(2);
  });
});
