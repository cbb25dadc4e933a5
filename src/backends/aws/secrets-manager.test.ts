import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, podIdentity, secretRef, secretRefs } from '../../../test/fakes/aws-callers.ts';

const region = 'us-east-1';
const pod = awsPod('one');

describe('a secret', () => {
  it('is its text, or else its bytes', async ({ aws, under }) => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    aws.secrets.set(region, 'text', 'žluťoučký 🐎\n');
    aws.secrets.set(region, 'bytes', bytes);

    const outcomes = await under.secrets.fetch(secretRefs(['text', 'bytes']), pod, { signal: under.signal });
    const payloads = outcomes.map((outcome) => (outcome.status === 'found' ? outcome.payload.reveal() : undefined));
    expect(payloads).toEqual([Buffer.from('žluťoučký 🐎\n'), bytes]);
  });

  it.for([
    [{}, 'new', 'v2'],
    [{ versionId: 'v1' }, 'old', 'v1'],
    [{ versionStage: 'AWSPREVIOUS' }, 'old', 'v1'],
    [{ versionId: 'v2', versionStage: 'AWSCURRENT' }, 'new', 'v2'],
  ] as const)('%j is asked for and answered with its version', async ([selector, value, version], { aws, under }) => {
    aws.secrets.set(region, 'db', [
      { id: 'v1', stages: ['AWSPREVIOUS'], value: 'old' },
      { id: 'v2', stages: ['AWSCURRENT'], value: 'new' },
    ]);

    expect(await under.fetch(secretRef({ secretId: 'db', ...selector }), pod)).toEqual({ value, version });
    expect(aws.requests.at(-1)?.input).toEqual({
      SecretId: 'db',
      ...('versionId' in selector && { VersionId: selector.versionId }),
      ...('versionStage' in selector && { VersionStage: selector.versionStage }),
    });
  });

  it('has a fingerprint of version and content', async ({ aws, under }) => {
    const fingerprint = async () => {
      const [outcome] = await under.secrets.fetch(secretRefs(['db']), pod, { signal: under.signal });
      return outcome?.status === 'found' ? outcome.fingerprint : undefined;
    };
    const prints = [];
    for (const [id, value] of [
      ['v1', 'a'],
      ['v1', 'a'],
      ['v1', 'b'],
      ['v2', 'b'],
    ] as const) {
      aws.secrets.set(region, 'db', [{ id, stages: ['AWSCURRENT'], value }]);
      prints.push(await fingerprint());
    }
    expect(prints[0]).toBe(prints[1]);
    expect(new Set(prints).size).toBe(3);
  });

  it.for([
    ['neither text nor bytes', JSON.stringify({ VersionId: 'v1' })],
    ['no version', JSON.stringify({ SecretString: 'canary' })],
    ['no JSON', 'canary is not json'],
    ['another type', JSON.stringify({ SecretString: 7, VersionId: {} })],
  ])('is refused when the answer holds %s, and nothing of it is shown', async ([, body], { aws, under }) => {
    aws.script({ action: 'GetSecretValue', reply: { status: 200, body: body ?? '' } });

    const [outcome] = await under.secrets.fetch(secretRefs(['db']), pod, { signal: under.signal });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'AWS_ANSWER_INVALID' } });
    expect(
      JSON.stringify(outcome?.status === 'failed' ? [outcome.error.message, outcome.error.cause] : ''),
    ).not.toContain('canary');
  });
});

describe('many secrets', () => {
  it('are read in parallel, eight at a time', async ({ aws, under }) => {
    const names = aws.secrets.seed(20);
    let [underWay, most] = [0, 0];
    aws.script({
      action: 'GetSecretValue',
      reply: async (request) => {
        most = Math.max(most, ++underWay);
        await pause(5);
        underWay--;
        return aws.secrets.get(request);
      },
    });

    const told = await under.fetchAll(secretRefs(names), pod);
    expect(told.map(({ value }) => value)).toEqual(names.map((name) => `value of ${name}`));
    expect(most).toBe(8);
  });

  it('are asked once each, however often they stand there, over connections that are kept', async ({ aws, under }) => {
    const names = aws.secrets.seed(3);

    for (let round = 0; round < 5; round++) await under.fetchAll(secretRefs([...names, ...names]), pod);
    expect(aws.count('GetSecretValue')).toBe(15);
    expect(aws.server.connections).toBeLessThanOrEqual(3);
  });

  it('may belong to several stores', async ({ aws, under }) => {
    aws.secrets.set('us-east-1', 'db', 'east');
    aws.secrets.set('eu-west-1', 'db', 'west');
    const stores = [{}, { region: 'eu-west-1' }, { identity: podIdentity }];
    const all = stores.map((store) => secretRef({ secretId: 'db' }, store));

    const told = await under.fetchAll(all, pod);
    expect(told.map(({ value }) => value)).toEqual(['east', 'west', 'east']);
  });
});

it('counts requests by operation and result', async ({ aws, create }) => {
  const under = create({ batch: 'auto' });
  aws.isBatchDenied = true;
  aws.secrets.seed(2);
  await under.fetchAll(secretRefs(['secret-0', 'absent']), pod);
  await under.fetch(secretRef({ secretId: 'secret-0' }, { identity: podIdentity }), pod);

  const counted = (await under.metrics.storeRequests.get()).values.map(({ labels, value }) => [labels, value]);
  const labels = (operation: string, result: string) => ({ store: 'aws', operation, result });
  expect(counted).toEqual([
    [labels('assume_role', 'ok'), 1],
    [labels('batch_get', 'AWS_DENIED'), 1],
    [labels('get_secret', 'ok'), 2],
    [labels('get_secret', 'AWS_NOT_FOUND'), 1],
    [labels('pod_identity', 'ok'), 1],
  ]);
});
