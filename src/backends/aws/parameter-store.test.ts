import { describe, expect } from 'vitest';

import { it as base } from '../../../test/fakes/aws-backend.ts';
import { awsPod, parameterRef } from '../../../test/fakes/aws-callers.ts';
import { json, refuseJson } from '../../../test/fakes/aws-replies.ts';
import { parameterArn } from '../../../test/fakes/aws-store.ts';
import type { AwsParameterRequest } from '../../core/aws-ref.ts';

const region = 'us-east-1';
const pod = awsPod('one');

function refs(requests: readonly (string | AwsParameterRequest)[]) {
  return requests.map((request) => parameterRef(typeof request === 'string' ? { name: request } : request));
}

const it = base.extend('seed', ({ aws }) => (count: number): readonly string[] => {
  const names = Array.from({ length: count }, (_, index) => `/app/p${index}`);
  for (const name of names) aws.parameters.set(region, name, `value of ${name}`);
  return names;
});

describe('parameters', () => {
  it('are read decrypted, with their number as version', async ({ aws, under }) => {
    aws.parameters.set(region, '/db', 'old', 'new');

    expect(await under.fetch(parameterRef({ name: '/db' }), pod)).toEqual({ value: 'new', version: '2' });
    expect(aws.requests.at(-1)).toMatchObject({
      action: 'GetParameters',
      input: { Names: ['/db'], WithDecryption: true },
    });
  });

  it.for([
    [1, [1]],
    [10, [10]],
    [11, [10, 1]],
    [120, Array.from({ length: 12 }, () => 10)],
  ] as const)('are read in tens: %i', async ([count, sizes], { seed, aws, under }) => {
    const names = seed(count);

    const told = await under.fetchAll(refs(names), pod);
    expect(told.map(({ value }) => value)).toEqual(names.map((name) => `value of ${name}`));
    expect(aws.inputs('GetParameters').map(({ Names }) => (Names as string[]).length)).toEqual(sizes);
    expect(new Set(aws.inputs('GetParameters').flatMap(({ Names }) => Names))).toEqual(new Set(names));
  });

  it('are asked for once, also when two manifests write them differently', async ({ aws, under }) => {
    aws.parameters.set(region, '/db', 'one', 'two');

    const told = await under.fetchAll(refs(['/db', '/db', { name: '/db', version: '1' }, '/db:1']), pod);
    expect(told.map(({ value }) => value)).toEqual(['two', 'two', 'one', 'one']);
    expect(aws.inputs('GetParameters').map(({ Names }) => Names)).toEqual([['/db', '/db:1']]);
  });

  it('of several labels and versions are told apart', async ({ aws, under }) => {
    aws.parameters.set(region, '/db', { value: 'one', labels: ['blue'] }, { value: 'two', labels: ['green'] }, 'three');
    const requests = [
      { name: '/db', label: 'blue' },
      { name: '/db', label: 'green' },
      { name: '/db', version: '2' },
      { name: '/db' },
      { name: parameterArn(region, '/db'), label: 'blue' },
      { name: `${parameterArn(region, '/db')}:3` },
    ];

    expect(await under.fetchAll(refs(requests), pod)).toEqual([
      { value: 'one', version: '1' },
      { value: 'two', version: '2' },
      { value: 'two', version: '2' },
      { value: 'three', version: '3' },
      { value: 'one', version: '1' },
      { value: 'three', version: '3' },
    ]);
    expect(aws.count('GetParameters')).toBe(1);
  });

  it('may be shared ones, which AWS names by their ARN', async ({ aws, under }) => {
    const arn = 'arn:aws:ssm:us-east-1:210987654321:parameter/shared/db';
    aws.script({
      action: 'GetParameters',
      reply: json({ Parameters: [{ Name: arn, ARN: arn, Value: 'v', Version: 4 }] }),
    });

    expect(await under.fetch(parameterRef({ name: arn }), pod)).toEqual({ value: 'v', version: '4' });
  });

  it.for<readonly [string, object, string]>([
    ['of the wrong label', { Name: '/db', Selector: ':green', Value: 'v', Version: 1 }, 'blue'],
    ['of another name', { Name: '/db2', Selector: ':blue', Value: 'v', Version: 1 }, 'blue'],
    ['without a value', { Name: '/db', Selector: ':blue', Version: 1 }, 'blue'],
    ['without a version', { Name: '/db', Selector: ':blue', Value: 'v' }, 'blue'],
    ['without anything', {}, 'blue'],
  ])('are refused when the answer is one %s', async ([, parameter, label], { aws, under }) => {
    aws.script({ action: 'GetParameters', reply: json({ Parameters: [parameter] }) });

    const told = await under.fetch(parameterRef({ name: '/db', label }), pod);
    expect(told).toMatchObject({ code: 'AWS_ANSWER_INVALID' });
    expect(told.message).toContain('ssm:GetParameters on parameter "/db:blue" in us-east-1');
    expect(told.message).toContain('the answer leaves the parameter out');
  });

  it.for<readonly [string, object | string]>([
    ['no members', {}],
    ['no list', { Parameters: null, InvalidParameters: null }],
    ['no JSON', 'canary'],
  ])('are refused when the answer has %s', async ([, body], { aws, under }) => {
    aws.script({
      action: 'GetParameters',
      reply: typeof body === 'string' ? { status: 200, body } : json(body),
    });

    const told = await under.fetch(parameterRef({ name: '/db' }), pod);
    expect(told.code).toBe('AWS_ANSWER_INVALID');
    expect(told.message).not.toContain('canary');
  });

  it('that do not exist are named, and hide no other', async ({ seed, aws, under }) => {
    seed(1);

    const told = await under.fetchAll(refs(['/app/p0', { name: '/app/p0', version: '9' }, '/app/none']), pod);
    expect(told.map(({ code }) => code)).toEqual([undefined, 'AWS_NOT_FOUND', 'AWS_NOT_FOUND']);
    expect(told[1]?.message).toContain('parameter "/app/p0:9" in us-east-1');
    expect(aws.count('GetParameters')).toBe(1);
  });
});

describe('a refused request for several parameters', () => {
  it.for<readonly [string, string]>([
    ['AccessDeniedException', 'AWS_DENIED'],
    ['InvalidKeyId', 'AWS_DECRYPT_REFUSED'],
    ['ValidationException', 'AWS_REQUEST_REFUSED'],
  ])('%s is tried one by one, so that it names its parameter', async ([name, code], { seed, aws, under }) => {
    const names = seed(3);
    aws.script({ action: 'GetParameters', object: '/app/p1', reply: refuseJson(name, 'words of AWS') });

    const told = await under.fetchAll(refs(names), pod);
    expect(told.map(({ code: own }) => own)).toEqual([undefined, code, undefined]);
    expect(told[1]?.message).toMatch(
      /^ssm:GetParameters on parameter "\/app\/p1" in us-east-1 as role .*: words of AWS\. /,
    );
    expect(aws.count('GetParameters')).toBe(4);
  });

  it('is not split when AWS is out', async ({ seed, aws, under }) => {
    aws.script({ action: 'GetParameters', reply: refuseJson('InternalServerError', 'sorry', 500) });

    const told = await under.fetchAll(refs(seed(3)), pod);
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(['AWS_UNAVAILABLE']));
    expect(aws.count('GetParameters')).toBe(3);
  });
});

describe('an emulator that names no selector', () => {
  it.beforeEach(({ aws }) => {
    aws.parameters.hasSelector = false;
    aws.parameters.set(region, '/db', { value: 'one', labels: ['blue'] }, { value: 'two', labels: ['green'] });
  });

  it('is understood by versions, and where there is one answer', async ({ under }) => {
    expect(
      await under.fetchAll(
        refs([
          { name: '/db', version: '1' },
          { name: '/db', version: '2' },
        ]),
        pod,
      ),
    ).toMatchObject([{ value: 'one' }, { value: 'two' }]);
    expect(await under.fetchAll(refs([{ name: '/db', label: 'blue' }]), pod)).toMatchObject([{ value: 'one' }]);
    const arn = parameterArn(region, '/db');
    expect(await under.fetchAll(refs([{ name: arn, label: 'green' }]), pod)).toMatchObject([{ value: 'two' }]);
  });

  it('is refused where its answer could be either, instead of serving the wrong one', async ({ under }) => {
    const told = await under.fetchAll(
      refs([
        { name: '/db', label: 'blue' },
        { name: '/db', label: 'green' },
      ]),
      pod,
    );
    expect(told.map(({ code }) => code)).toEqual(['AWS_ANSWER_INVALID', 'AWS_ANSWER_INVALID']);
  });
});
