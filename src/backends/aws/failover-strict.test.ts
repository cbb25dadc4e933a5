import { describe, expect } from 'vitest';

import { awsPod, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { db, east, it, store, west } from '../../../test/fakes/aws-failover.ts';
import { down, final, passing } from '../../../test/fakes/aws-failures.ts';
import { refuseJson } from '../../../test/fakes/aws-replies.ts';

const pod = awsPod('one');

it.override('under', ({ create }) => create({ failover: 'strict' }));

describe('the failover region, strictly', () => {
  it('is always asked, and its value used only when the first one has none', async ({ secretsAnswer, aws, under }) => {
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

  it.for(final)('fails a healthy object with its own %s', async ([name, code], { secretsAnswer, under }) => {
    secretsAnswer(west, refuseJson(name));

    const told = await under.fetch(db, pod);
    expect(told.code).toBe(code);
    expect(told.message).toContain('in us-west-2');
  });

  it.for(passing)('cannot fail a healthy object with %s', async ([, reply], { secretsAnswer, under }) => {
    secretsAnswer(west, reply);

    expect(await under.fetch(db, pod)).toMatchObject({ value: `secret of ${east}` });
  });

  it('tells both failures', async ({ secretsAnswer, under }) => {
    secretsAnswer(east, down);
    secretsAnswer(west, down);

    const told = await under.fetch(db, pod);
    expect(told).toMatchObject({ code: 'AWS_UNAVAILABLE' });
    expect(told.message).toMatch(/us-east-1.*In the failover region: .*us-west-2/);
  });

  it('asks the agent of Pod Identity for each region', async ({ aws, under }) => {
    await under.fetch(secretRef({ secretId: 'db' }, { ...store, identity: podIdentity }), pod);
    expect(aws.count('GetCredentials')).toBe(2);
  });
});
