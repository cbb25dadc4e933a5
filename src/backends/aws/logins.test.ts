import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  awsPod,
  createAwsUnderTest,
  irsa,
  JumpingClock,
  podIdentity,
  roleArn,
  secretRef,
} from '../../../test/fakes/aws-callers.ts';
import { refuseJson, refuseXml } from '../../../test/fakes/aws-replies.ts';
import { FakeAws } from '../../../test/fakes/aws-server.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import type { RoleReader } from '../../core/role-reader.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const region = 'us-east-1';
const other = 'arn:aws:iam::210987654321:role/shared';
const db = secretRef({ secretId: 'db' });
const throughAgent = secretRef({ secretId: 'db' }, { identity: podIdentity });
const otherRole: AwsIdentity = { kind: 'irsa', roleArn: other, audience: 'sts.amazonaws.com' };
let clock: JumpingClock;
let aws: FakeAws;

beforeEach(async () => {
  clock = new JumpingClock();
  aws = await FakeAws.start({ now: () => clock.now() });
  aws.secrets.set(region, 'db', 'hunter2');
});
afterEach(() => aws[Symbol.asyncDispose]());

function create(deps: Parameters<typeof createAwsUnderTest>[1] = {}) {
  return createAwsUnderTest(aws, { clock, ...deps });
}

function inputs(action: string) {
  return aws.requests.filter((request) => request.action === action).map(({ input }) => input);
}

/** The access keys with which secrets were asked for. */
function readers() {
  return aws.requests.filter(({ action }) => action === 'GetSecretValue').map(({ accessKeyId }) => accessKeyId);
}

describe('IRSA', () => {
  it("turns the pod's token into the role, under a name that tells the account, and reads with that", async () => {
    await using under = create();

    expect(await under.fetch(db, awsPod('one'))).toEqual({ value: 'hunter2', version: 'version-of-db' });
    expect(aws.requests.map(({ action, region: where, accessKeyId, input }) => [action, where, accessKeyId, input])).toEqual([
      [
        'AssumeRoleWithWebIdentity',
        '',
        '',
        {
          Version: '2011-06-15',
          RoleArn: roleArn,
          RoleSessionName: 'shop_app',
          WebIdentityToken: 'irsa-token-of-one',
        },
      ],
      ['GetSecretValue', region, 'ASIAFAKE1', { SecretId: 'db' }],
    ]);
    expect(aws.requests[0]?.headers['authorization']).toBeUndefined();
    expect(aws.requests[1]?.headers['user-agent']).toContain('app/lockstep');
  });

  it('logs in once for all pods of an account, also when they come together', async () => {
    await using under = create();
    const pods = ['one', 'two', 'three'].map((name) => awsPod(name));

    await Promise.all(pods.map((pod) => under.fetch(db, pod)));
    await under.fetch(db, awsPod('four'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);
    expect(new Set(readers())).toEqual(new Set(['ASIAFAKE1']));
  });

  it.for([
    ['namespace', { namespace: 'other' }, db],
    ['service account', { serviceAccount: 'other' }, db],
    ['kind of caller', { kind: 'service-account' }, db],
    ['region', {}, secretRef({ secretId: 'db' }, { region: 'eu-west-1' })],
    ['role', {}, secretRef({ secretId: 'db' }, { identity: otherRole })],
  ] as const)('never shares credentials with another %s', async ([, caller, ref]) => {
    await using under = create();

    await under.fetch(db, awsPod('one'));
    await under.fetch(ref, awsPod('two', caller));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE2']);
  });

  it("says 'shared' after a login, and refuses who is refused a login", async () => {
    await using under = create();
    const { signal } = under;

    expect(await under.secrets.identify(db, awsPod('one'), { signal })).toBe('shared');
    expect(await under.secrets.identify(db, awsPod('two'), { signal })).toBe('shared');
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);

    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'Not authorized', 403) });
    const refused = under.secrets.identify(db, awsPod('one', { serviceAccount: 'other' }), { signal });
    await expect(refused).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
  });

  it.for<readonly [string, string, string]>([
    ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 'the trust policy'],
    ['InvalidIdentityToken', 'No OpenIDConnect provider found in your account', 'no provider'],
    ['ExpiredTokenException', 'Token expired: current date/time must be before', 'an old token'],
    ['IDPRejectedClaim', 'the claim was rejected', 'a wrong audience'],
    ['ValidationError', 'Value irsa-token-of-one failed to satisfy', 'a request that STS does not take'],
  ])('%s: names the role, the account, the words of STS and the remedy', async ([code, words]) => {
    await using under = create();
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml(code, words) });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).toContain(
      `sts:AssumeRoleWithWebIdentity on role "${roleArn}" in us-east-1 as service account shop/app: ${code.replace(/Exception$/, '')}`,
    );
    expect(told.message).toContain(words);
    expect(told.message).toContain(
      "Let the role's trust policy allow sts:AssumeRoleWithWebIdentity to system:serviceaccount:shop:app with the audience sts.amazonaws.com",
    );
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);
  });

  it('shows no token that STS quotes', async () => {
    await using under = create();
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl';
    const pod = awsPod('one', { tokens: new Map([['sts.amazonaws.com', SecretBytes.from(token)]]) });
    aws.script({
      action: 'AssumeRoleWithWebIdentity',
      reply: ({ input }) => refuseXml('ValidationError', `Value '${String(input['WebIdentityToken'])}' is bad`),
    });

    const [outcome] = await under.secrets.fetch([db], pod, { signal: under.signal });
    expect(inputs('AssumeRoleWithWebIdentity')[0]).toMatchObject({ WebIdentityToken: token });
    expect(inspect(outcome, { depth: 20, showHidden: true })).not.toContain('eyJ');
    expect(inspect(outcome)).toContain("Value '[redacted]' is bad");
  });

  it.for<readonly [string, ReadonlyMap<string, SecretBytes>, string]>([
    ['none', new Map(), '(sent: none)'],
    ['another one', new Map([['vault', SecretBytes.from('t')]]), '(sent: "vault")'],
    ['an empty one', new Map([['sts.amazonaws.com', SecretBytes.from('')]]), '(sent: "sts.amazonaws.com")'],
  ])('asks for its token when %s was sent', async ([, tokens, sent]) => {
    await using under = create();

    expect(await under.fetch(db, awsPod('one', { tokens }))).toEqual({
      code: 'TOKEN_MISSING',
      message:
        `no service account token for the audience "sts.amazonaws.com" was sent ${sent}; ` +
        'list it under tokenRequests[].audience in the Helm values of the Secrets Store CSI driver',
    });
    expect(aws.calls).toEqual([]);
  });

  it('refuses an answer without credentials', async () => {
    await using under = create();
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: { status: 200, body: '<a/>' } });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ code: 'AWS_ANSWER_INVALID' });
  });
});

describe('the role of a service account', () => {
  const annotated = secretRef({ secretId: 'db' }, { identity: { kind: 'irsa', audience: 'sts.amazonaws.com' } });
  const reader = (...roles: readonly (string | undefined)[]): RoleReader & { readonly refused: (string | undefined)[] } => {
    const refused: (string | undefined)[] = [];
    return {
      refused,
      roleOf: (_caller, options) => {
        refused.push(options.refused);
        return Promise.resolve(roles[Math.min(refused.length, roles.length) - 1]);
      },
    };
  };

  it('comes from its annotation', async () => {
    await using under = create({ roles: reader(roleArn) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(inputs('AssumeRoleWithWebIdentity')).toMatchObject([{ RoleArn: roleArn }]);
  });

  it.for([
    [reader(undefined), 'add it, set roleArn, or set usePodIdentity: "true"'],
    [undefined, 'lockstep has no access to the API server to read it; set roleArn'],
  ] as const)('must be there', async ([roles, remedy]) => {
    await using under = create({ ...(roles && { roles }) });

    expect(await under.fetch(annotated, awsPod('one'))).toEqual({
      code: 'AWS_ROLE_MISSING',
      message: `service account shop/app has no role: the annotation eks.amazonaws.com/role-arn is missing; ${remedy}`,
    });
    expect(aws.calls).toEqual([]);
  });

  it('is read again when it is refused, and tried when it was corrected', async () => {
    const roles = reader('arn:aws:iam::1:role/typo', roleArn);
    await using under = create({ roles });
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 1, reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(roles.refused).toEqual([undefined, 'arn:aws:iam::1:role/typo']);
    expect(inputs('AssumeRoleWithWebIdentity').map((input) => input['RoleArn'])).toEqual([
      'arn:aws:iam::1:role/typo',
      roleArn,
    ]);
  });

  it('is not tried again when it is the same', async () => {
    await using under = create({ roles: reader(roleArn) });
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
    expect(aws.calls).toHaveLength(1);
  });
});

describe('a second role', () => {
  const assume = { roleArn: other, externalId: 'id-7' };

  it.for<readonly [AwsIdentity, string]>([
    [{ ...irsa, assume }, 'AssumeRoleWithWebIdentity'],
    [{ ...podIdentity, assume }, 'GetCredentials'],
  ])('is assumed with the credentials of the first, and its external ID', async ([identity, first]) => {
    await using under = create();
    const ref = secretRef({ secretId: 'db' }, { identity });

    expect(await under.fetch(ref, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    await under.fetch(ref, awsPod('one'));
    expect(aws.calls).toEqual([first, `AssumeRole ${region}`, `GetSecretValue ${region}`, `GetSecretValue ${region}`]);
    expect(aws.requests[1]).toMatchObject({
      accessKeyId: 'ASIAFAKE1',
      input: { RoleArn: other, RoleSessionName: 'shop_app', ExternalId: 'id-7' },
    });
    expect(readers()).toEqual(['ASIAFAKE2', 'ASIAFAKE2']);
  });

  it('may have no external ID', async () => {
    await using under = create();

    await under.fetch(secretRef({ secretId: 'db' }, { identity: { ...irsa, assume: { roleArn: other } } }), awsPod('one'));
    expect(inputs('AssumeRole')[0]).not.toHaveProperty('ExternalId');
  });

  it('explains a refusal by both roles and the external ID', async () => {
    await using under = create();
    aws.script({ action: 'AssumeRole', reply: refuseXml('AccessDenied', 'User is not authorized', 403) });

    const told = await under.fetch(secretRef({ secretId: 'db' }, { identity: { ...irsa, assume } }), awsPod('one'));
    expect(told).toEqual({
      code: 'AWS_CREDENTIALS_REFUSED',
      message:
        `sts:AssumeRole on role "${other}" in us-east-1 as role ${roleArn}: AccessDenied: User is not authorized. ` +
        `Let its trust policy allow sts:AssumeRole to role ${roleArn} with the external ID "id-7", and a policy of that one allow it too`,
    });
  });

  it('is assumed with newer credentials of the first when those are no longer taken', async () => {
    aws.sessionLifeS = 36_000;
    await using under = create();
    await under.fetch(db, awsPod('one'));
    aws.keys.clear();
    await clock.advance(120_000);

    const ref = secretRef({ secretId: 'db' }, { identity: { ...irsa, assume } });
    expect(await under.fetch(ref, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });
});

describe("a person's own keys", () => {
  const secrets = new Map([
    ['accessKeyId', SecretBytes.from('AKIAOWN')],
    ['secretAccessKey', SecretBytes.from('own-secret')],
  ]);

  it('serve that person, whatever the manifest says about roles', async () => {
    await using under = create();
    aws.keys.set('AKIAOWN', '');
    const operator = awsPod('x', { kind: 'operator', secrets });

    expect(await under.fetch(db, operator)).toMatchObject({ value: 'hunter2' });
    expect(await under.secrets.identify(db, operator, { signal: under.signal })).toBe('pod');
    expect(aws.calls).toEqual([`GetSecretValue ${region}`]);
  });

  it('may be temporary', async () => {
    await using under = create();
    aws.keys.set('AKIAOWN', 'own-session');
    const all = new Map([...secrets, ['sessionToken', SecretBytes.from('own-session')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: all }))).toMatchObject({ value: 'hunter2' });
  });

  it('must be complete', async () => {
    await using under = create();
    const half = new Map([['accessKeyId', SecretBytes.from('AKIAOWN')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: half }))).toMatchObject({
      code: 'CREDENTIAL_MISSING',
    });
  });

  it.for(['pod', 'service-account'] as const)('never serve a %s', async (kind) => {
    await using under = create();
    aws.keys.set('AKIAOWN', '');

    await under.fetch(db, awsPod('x', { kind, secrets }));
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${region}`]);
    expect(readers()).toEqual(['ASIAFAKE1']);
  });

  it('are explained to a person who brought neither keys nor token', async () => {
    await using under = create();
    const told = await under.fetch(db, awsPod('x', { kind: 'operator', tokens: new Map() }));

    expect(told.message).toMatch(/set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give such a token/);
  });
});

describe('credentials', () => {
  it('are kept until five minutes before their end, and then replaced once', async () => {
    await using under = create();
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_299_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);

    await clock.advance(2_000);
    await Promise.all([under.fetch(db, awsPod('one')), under.fetch(db, awsPod('two'))]);
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE1', 'ASIAFAKE2', 'ASIAFAKE2']);
  });

  it('are replaced at half of a short life', async () => {
    aws.sessionLifeS = 60;
    await using under = create();
    await under.fetch(db, awsPod('one'));
    await clock.advance(29_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);
    await clock.advance(2_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('stay in use until their end when they cannot be replaced, without asking each time', async () => {
    await using under = create();
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_301_000);
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'no more', 403) });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);

    await clock.advance(300_000);
    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
  });

  it('are used while their replacement drags on', async () => {
    await using under = create();
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
    expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE1']);
  });

  it.for(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'])(
    'that AWS no longer takes (%s) are replaced, and the read is repeated',
    async (name) => {
      await using under = create();
      await under.fetch(db, awsPod('one'));
      await clock.advance(120_000);
      aws.script({ action: 'GetSecretValue', times: 1, reply: refuseJson(name) });

      expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
      expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE1', 'ASIAFAKE2']);
    },
  );

  it('are replaced once for all reads that failed with them', async () => {
    await using under = create();
    await under.fetch(db, awsPod('one'));
    await clock.advance(120_000);
    aws.keys.clear();
    const refs = ['db', 'a', 'b', 'c'].map((secretId) => secretRef({ secretId }));

    const told = await under.fetchAll(refs, awsPod('one'));
    expect(told.map(({ code }) => code)).toEqual([undefined, 'AWS_NOT_FOUND', 'AWS_NOT_FOUND', 'AWS_NOT_FOUND']);
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });

  it('that are refused although they are new are no reason for others', async () => {
    await using under = create();
    aws.script({ action: 'GetSecretValue', reply: refuseJson('ExpiredTokenException', 'The token is expired') });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).toContain('Check that the region is enabled for the account and the clock of the node is right');
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${region}`]);
  });

  it('are counted, and forgotten when they have ended', async () => {
    await using under = create();
    const kept = async () => (await under.metrics.tokens.get()).values.map(({ value }) => value);
    await under.fetch(db, awsPod('one'));
    await under.fetch(throughAgent, awsPod('one'));
    expect(await kept()).toEqual([2]);

    await clock.advance(3_600_000);
    await under.fetch(db, awsPod('one'));
    expect(await kept()).toEqual([1]);
  });

  it('show in no print of what holds them', async () => {
    await using under = create();
    await under.fetch(db, awsPod('one'));
    await under.access.credentials.use(
      { region, identity: irsa, caller: awsPod('one'), signal: under.signal },
      (session) => {
        expect(`${inspect(session, { showHidden: true, depth: 9 })}${JSON.stringify(session)}`).not.toMatch(/secret-key|token-1/);
        return Promise.resolve();
      },
    );
    expect(inspect(under.access.credentials, { depth: 9 })).not.toMatch(/secret-key|session-token/);
  });
});

it('never looks for credentials of the daemon', async () => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_ENDPOINT_URL'];
  const before = names.map((name) => process.env[name]);
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAAMBIENT';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'ambient';
  process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `${aws.address}/v1/credentials`;
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1';
  aws.keys.set('AKIAAMBIENT', '');
  try {
    await using under = create();
    const pods = [awsPod('one'), awsPod('two', { tokens: new Map() }), awsPod('three', { kind: 'operator', tokens: new Map() })];
    const told = [];
    for (const pod of pods) told.push(await under.fetch(db, pod), await under.fetch(throughAgent, pod));

    expect(told.map(({ code }) => code)).toEqual([undefined, undefined, ...Array.from({ length: 4 }, () => 'TOKEN_MISSING')]);
    expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE2']);
  } finally {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    }
  }
});
