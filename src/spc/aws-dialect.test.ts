import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import type { PlannedObject } from '../core/plan.ts';
import { formatProblem } from '../core/problem.ts';
import { awsDialect } from './aws-dialect.ts';

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault = { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls };
const stores = { vault, openbao: vault, aws: awsDefaults };
const secret = '- {objectName: app/db, objectType: secretsmanager}';
const roleArn = 'arn:aws:iam::123456789012:role/team/app';

function parse(parameters: Readonly<Record<string, string>>, defaults = stores) {
  const given = { region: 'us-east-1', objects: secret, ...parameters };
  return awsDialect.parse(new Map(Object.entries(given)), { defaults, defaultMode: 0o644 });
}

function plan(parameters: Readonly<Record<string, string>>): readonly PlannedObject[] {
  const parsed = parse(parameters);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value.objects;
}

function refusals(parameters: Readonly<Record<string, string>>): readonly string[] {
  const parsed = parse(parameters);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('a plan', () => {
  it('asks for a secret with the pod’s role, and files the version under the path', () => {
    expect(plan({})).toEqual([
      {
        name: 'app_db',
        path: 'app_db',
        ref: {
          kind: 'aws-secret',
          store: { region: 'us-east-1', identity: { kind: 'irsa', audience: 'sts.amazonaws.com' } },
          request: { secretId: 'app/db' },
        },
        select: { kind: 'raw' },
        encoding: 'utf-8',
        mode: 0o644,
        version: { kind: 'store' },
        optional: false,
        expand: false,
      },
    ]);
  });

  it('asks for a parameter, its version or its label', () => {
    const objects = `
- {objectName: /a, objectType: ssmparameter}
- {objectName: /b, objectType: ssmparameter, objectVersion: 3}
- {objectName: "arn:aws:ssm:us-east-1:1:parameter/c", objectVersionLabel: blue}`;

    expect(plan({ objects }).map(({ ref }) => [ref.kind, ref.request])).toEqual([
      ['aws-parameter', { name: '/a' }],
      ['aws-parameter', { name: '/b', version: '3' }],
      ['aws-parameter', { name: 'arn:aws:ssm:us-east-1:1:parameter/c', label: 'blue' }],
    ]);
  });

  it('writes what a jmesPath finds beside its secret, with its mode unless it has its own', () => {
    const objects = `
- objectName: app/db
  objectType: secretsmanager
  objectAlias: all
  filePermission: "0440"
  jmesPath:
  - {path: user, objectAlias: u}
  - {path: pass, objectAlias: p/w, filePermission: "0400", optional: true}`;

    expect(plan({ objects }).map(({ path, mode, select, optional }) => ({ path, mode, select, optional }))).toEqual([
      { path: 'all', mode: 0o440, select: { kind: 'raw' }, optional: false },
      { path: 'u', mode: 0o440, select: { kind: 'jmesPath', expression: 'user' }, optional: false },
      { path: 'p_w', mode: 0o400, select: { kind: 'jmesPath', expression: 'pass' }, optional: true },
    ]);
  });

  it('knows optional and expand, in any case', () => {
    const objects = `
- {objectName: a, objectType: secretsmanager, Optional: true, jmesPath: [{path: x, objectAlias: z}]}
- {objectName: b, objectType: secretsmanager, EXPAND: "true"}`;

    expect(plan({ objects }).map(({ path, optional, expand }) => [path, optional, expand])).toEqual([
      ['a', true, false],
      ['z', true, false],
      ['b', false, true],
    ]);
  });

  it('asks the failover region for what failoverObject says, and for the same where it says nothing', () => {
    const objects = `
- objectName: app/db
  objectType: secretsmanager
  objectAlias: x
  objectVersionLabel: live
  failoverObject: {objectName: app/copy}
- {objectName: app/other, objectType: secretsmanager}`;

    expect(plan({ objects, failoverRegion: 'us-west-2' }).map(({ ref }) => ref)).toMatchObject([
      {
        store: { region: 'us-east-1', failoverRegion: 'us-west-2' },
        request: { secretId: 'app/db', versionStage: 'live' },
        failover: { secretId: 'app/copy', versionStage: 'live' },
      },
      { request: { secretId: 'app/other' } },
    ]);
  });

  it('has nothing in it when the list has not', () => {
    expect(plan({ objects: '[]' })).toEqual([]);
    expect(plan({ objects: '' })).toEqual([]);
  });
});

describe('the identity', () => {
  const identityOf = (parameters: Readonly<Record<string, string>>) => {
    const [object] = plan(parameters);
    return object?.ref.kind === 'aws-secret' ? object.ref.store.identity : undefined;
  };

  it.for([
    [{ roleArn }, { kind: 'irsa', audience: 'sts.amazonaws.com', roleArn }],
    [{ usePodIdentity: 'true' }, { kind: 'pod-identity', audience: 'pods.eks.amazonaws.com', addressType: 'auto' }],
    [
      { usePodIdentity: 'T', preferredAddressType: 'IPv6' },
      { kind: 'pod-identity', addressType: 'ipv6' },
    ],
    [
      { usePodIdentity: '1', preferredAddressType: 'v4' },
      { kind: 'pod-identity', addressType: 'auto' },
    ],
    [
      { assumeRoleArn: roleArn, externalId: 'e' },
      { kind: 'irsa', assume: { roleArn, externalId: 'e' } },
    ],
    [
      { usePodIdentity: 'true', assumeRoleArn: roleArn },
      { kind: 'pod-identity', assume: { roleArn } },
    ],
  ] as const)('of %j is %j', ([parameters, identity]) => {
    expect(identityOf(parameters)).toMatchObject(identity);
  });

  it.for([
    [{ externalId: 'e' }, 'parameters.externalId: goes with assumeRoleArn'],
    [{ roleArn: 'app' }, 'parameters.roleArn: must be the ARN of a role'],
    [{ assumeRoleArn: 'arn:aws:iam::1:user/x' }, 'parameters.assumeRoleArn: must be the ARN of a role'],
    [{ roleArn, usePodIdentity: 'true' }, 'parameters.roleArn: has no use with usePodIdentity'],
    [{ usePodIdentity: 'yes' }, 'parameters.usePodIdentity: must be "true" or "false"'],
  ] as const)('is refused for %j', ([parameters, problem]) => {
    expect(refusals(parameters)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('the region', () => {
  const regionOf = (parsed: ReturnType<typeof parse>) => {
    const ref = parsed.ok ? parsed.value.objects[0]?.ref : undefined;
    return ref?.kind === 'aws-secret' ? ref.store.region : undefined;
  };
  const elsewhere = { ...stores, aws: { ...awsDefaults, region: 'eu-west-1' } };

  it('is that of the class, else that of the daemon', () => {
    expect(regionOf(parse({}, elsewhere))).toBe('us-east-1');
    expect(regionOf(parse({ region: '' }, elsewhere))).toBe('eu-west-1');
  });

  it('is asked for by both its names when nobody says one', () => {
    expect(refusals({ region: '' })).toEqual([
      'parameters.region: is missing; set it, or set AWS_REGION where lockstep runs',
    ]);
  });

  it('must be that of every ARN', () => {
    const objects = '- {objectName: "arn:aws:secretsmanager:eu-west-1:1:secret:x"}';

    expect(parse({ region: '', objects }, elsewhere).ok).toBe(true);
    expect(refusals({ objects })).toEqual([expect.stringContaining('is in the region "eu-west-1", and "us-east-1"')]);
  });
});

it('names all that is wrong at once, with places', () => {
  const objects = `- objectName: ""
- objectName: arn:x
  objectType: secret
- objectName: x
  objectType: ssmparameter
  objectVersion: 1
  objectVersionLabel: a
  filePermission: 0600
  jmesPath: [{path: "a-b"}, 7]
  failoverObject: {objectName: y, objectVersion: 2}
-`;

  expect(
    refusals({ objects, pathTranslation: '__', refreshInterval: 'soon' }).map((line) => line.split(': ')[0]),
  ).toEqual([
    'parameters.pathTranslation',
    'parameters.refreshInterval',
    'objects[0].objectName line 1',
    'objects[1].objectType line 3',
    'objects[1].objectName line 2',
    'objects[2].objectVersionLabel line 7',
    'objects[2].objectAlias line 10',
    'objects[2].failoverObject line 10',
    'objects[2].failoverObject.objectVersion line 10',
    'objects[2].filePermission line 8',
    'objects[2].jmesPath[0].path line 9',
    'objects[2].jmesPath[0].objectAlias line 9',
    'objects[2].jmesPath[1] line 9',
    'objects[3] line 11',
  ]);
});

it('never throws, whatever the parameters say', () => {
  const names = fc.constantFrom(...awsDialect.parameterNames);
  const pieces = fc.constantFrom(
    '- ',
    'objectName: ',
    'arn:aws:ssm:us-east-1:1:p',
    '\n  ',
    'jmesPath:',
    '[',
    '{',
    'path: a',
    '&a ',
    '*a',
    '<<: ',
    'true',
    '0',
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(names, value)), (entries) => {
      const parameters = new Map(entries);
      expect(awsDialect.parse(parameters, { defaults: stores, defaultMode: 0o644 }).ok).toBeTypeOf('boolean');
      expect(awsDialect.inspect(parameters)).toBeInstanceOf(Array);
    }),
  );
});
