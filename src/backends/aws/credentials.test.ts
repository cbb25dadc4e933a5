import { inspect } from 'node:util';

import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, irsa, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { refuseJson, refuseXml } from '../../../test/fakes/aws-replies.ts';

const region = 'us-east-1';
const db = secretRef({ secretId: 'db' });
const throughAgent = secretRef({ secretId: 'db' }, { identity: podIdentity });

describe('credentials', () => {
  it('are kept until five minutes before their end, and then replaced once', async ({ aws, clock, under }) => {
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_299_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);

    await clock.advance(2_000);
    await Promise.all([under.fetch(db, awsPod('one')), under.fetch(db, awsPod('two'))]);
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(aws.readers).toEqual(['ASIAFAKE1', 'ASIAFAKE1', 'ASIAFAKE2', 'ASIAFAKE2']);
  });

  it('are replaced at half of a short life', async ({ aws, clock, under }) => {
    aws.sessionLifeS = 60;
    await under.fetch(db, awsPod('one'));
    await clock.advance(29_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);
    await clock.advance(2_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('stay in use until their end when they cannot be replaced, without asking each time', async ({
    aws,
    clock,
    under,
  }) => {
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_301_000);
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'no more', 403) });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);

    await clock.advance(300_000);
    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
  });

  it('are used while their replacement drags on', async ({ aws, clock, under }) => {
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_301_000);
    const arrived = Promise.withResolvers<void>();
    aws.script({
      action: 'AssumeRoleWithWebIdentity',
      reply: () => {
        arrived.resolve();
        return 'hang';
      },
    });

    const fetched = under.fetch(db, awsPod('one'));
    await arrived.promise;
    await clock.advance(2_001);
    expect(await fetched).toMatchObject({ value: 'hunter2' });
    expect(aws.readers).toEqual(['ASIAFAKE1', 'ASIAFAKE1']);
  });

  it.for(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'])(
    'that AWS no longer takes (%s) are replaced, and the read is repeated',
    async (name, { aws, clock, under }) => {
      await under.fetch(db, awsPod('one'));
      await clock.advance(120_000);
      aws.script({ action: 'GetSecretValue', times: 1, reply: refuseJson(name) });

      expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
      expect(aws.readers).toEqual(['ASIAFAKE1', 'ASIAFAKE1', 'ASIAFAKE2']);
    },
  );

  it('are replaced once for all reads that failed with them', async ({ aws, clock, under }) => {
    await under.fetch(db, awsPod('one'));
    await clock.advance(120_000);
    aws.keys.clear();
    const refs = ['db', 'a', 'b', 'c'].map((secretId) => secretRef({ secretId }));

    const told = await under.fetchAll(refs, awsPod('one'));
    expect(told.map(({ code }) => code)).toEqual([undefined, 'AWS_NOT_FOUND', 'AWS_NOT_FOUND', 'AWS_NOT_FOUND']);
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('that are refused although they are new are no reason for others', async ({ aws, under }) => {
    aws.script({ action: 'GetSecretValue', reply: refuseJson('ExpiredTokenException', 'The token is expired') });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).toContain(
      'Check that the region is enabled for the account and the clock of the node is right',
    );
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${region}`]);
  });

  it('are not asked for again at once where nobody answered', async ({ aws, clock, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 3, reply: 'reset' });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(await under.fetch(db, awsPod('two'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(aws.calls).toHaveLength(3);
    await clock.advance(5_000);
    expect(await under.fetch(db, awsPod('two'))).toMatchObject({ value: 'hunter2' });
  });

  it('are counted, and forgotten when they have ended', async ({ clock, under }) => {
    const kept = async () => (await under.metrics.tokens.get()).values.map(({ value }) => value);
    await under.fetch(db, awsPod('one'));
    await under.fetch(throughAgent, awsPod('one'));
    expect(await kept()).toEqual([2]);

    await clock.advance(3_600_000);
    await under.fetch(db, awsPod('one'));
    expect(await kept()).toEqual([1]);
  });

  it('show in no print of what holds them', async ({ under }) => {
    await under.fetch(db, awsPod('one'));
    await under.access.credentials.use(
      { region, identity: irsa, caller: awsPod('one'), signal: under.signal },
      (session) => {
        expect(`${inspect(session, { showHidden: true, depth: 9 })}${JSON.stringify(session)}`).not.toMatch(
          /secret-key|token-1/,
        );
        return Promise.resolve();
      },
    );
    expect(inspect(under.access.credentials, { depth: 9 })).not.toMatch(/secret-key|session-token/);
  });
});
