import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import { formatProblem } from '../core/problem.ts';
import { lockstepDialect } from './lockstep-dialect.ts';

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault = { address: 'https://vault:8200', namespace: '', authMount: 'kubernetes', tls };
const openbao = { ...vault, address: 'https://bao:8200' };
const defaults = { vault, openbao, aws: { ...awsDefaults, region: 'us-east-1' } };

const mixed = `
- provider: vault
  objectName: db/password
  secretPath: secret/data/db
  secretKey: password
- provider: openbao
  objectName: token
  secretPath: secret/data/token
- provider: aws
  ObjectName: app/key
  objectType: secretsmanager
  jmesPath: [{path: user, objectAlias: user}]
`;

function parse(objects: string, parameters: Readonly<Record<string, string>> = {}) {
  return lockstepDialect.parse(new Map(Object.entries({ objects, ...parameters })), { defaults, defaultMode: 0o644 });
}

function refusals(objects: string, parameters?: Readonly<Record<string, string>>): readonly string[] {
  const parsed = parse(objects, parameters);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('a class of several stores', () => {
  it('has the objects of each, by its own rules', () => {
    const parsed = parse(mixed, { roleName: 'app', baoRoleName: 'bao', roleArn: 'arn:aws:iam::1:role/app' });

    expect(parsed.ok && parsed.value.objects).toMatchObject([
      {
        path: 'db/password',
        ref: { kind: 'vault', store: { address: 'https://vault:8200', auth: { role: 'app', audience: 'vault' } } },
        version: { kind: 'hmac' },
      },
      {
        path: 'token',
        ref: { kind: 'vault', store: { address: 'https://bao:8200', auth: { role: 'bao', audience: 'openbao' } } },
      },
      { path: 'app_key', ref: { kind: 'aws-secret', store: { region: 'us-east-1' } }, version: { kind: 'store' } },
      { path: 'user', select: { kind: 'jmesPath', expression: 'user' } },
    ]);
  });

  it('asks nothing of a store that it does not use', () => {
    const aws = '- {provider: aws, objectName: a, objectType: ssmparameter}';
    const ofVault = '- {provider: vault, objectName: a, secretPath: b}';

    expect(refusals(aws)).toEqual([]);
    expect(refusals(aws, { usePodIdentity: 'x' })).toHaveLength(1);
    expect(refusals(ofVault, { usePodIdentity: 'x', roleName: 'app' })).toEqual([]);
    expect(refusals(ofVault)).toEqual([expect.stringContaining('parameters.roleName: is missing')]);
    expect(refusals(`${ofVault}\n- {provider: vault, objectName: c, secretPath: b}`)).toHaveLength(1);
  });

  it('may be empty', () => {
    expect(parse('[]')).toMatchObject({ ok: true, value: { objects: [] } });
  });

  it.for([
    ['- {objectName: a}', 'objects[0].provider line 1: is missing; write vault, openbao or aws'],
    ['- {provider: gcp}', 'objects[0].provider line 1: is "gcp"; write vault, openbao or aws'],
    ['- {provider: "", objectName: a}', 'objects[0].provider line 1: is missing'],
    ['- {provider: {a: b}}', 'objects[0].provider line 1: is missing'],
    ['- {Provider: aws}', 'objects[0].provider line 1: is missing'],
    ['-', 'objects[0] line 1: is empty'],
    ['a: b', 'parameters.objects line 1: is a map'],
  ] as const)('refuses %s', ([objects, problem]) => {
    expect(refusals(objects)).toEqual([expect.stringContaining(problem)]);
  });

  it('takes the provider from a merged map', () => {
    const objects = `
- &base {provider: aws, objectType: secretsmanager, objectName: a}
- {<<: *base, objectName: b}`;

    expect(refusals(objects)).toEqual([]);
  });

  it.for([
    ['a', 'a', 'objects[1].objectName line 2: "a" is the name of objects[0] too; give one of the two another'],
    ['a', 'a/b', 'objects[1].objectName line 2: "a/b" lies below "a", which is a file; rename one of the two'],
    ['a/b', 'a', 'objects[0].objectName line 1: "a/b" lies below "a", which is a file; rename one of the two'],
  ] as const)('refuses the file %s of one store with the file %s of another', ([ofVault, ofAws, problem]) => {
    const objects = `- {provider: vault, objectName: ${ofVault}, secretPath: x}\n- {provider: aws, objectName: ${ofAws}, objectType: secretsmanager}`;

    expect(refusals(objects, { roleName: 'app', pathTranslation: 'False' })).toEqual([
      expect.stringContaining(problem),
    ]);
  });
});

it('remarks what no provider knows, and nothing about the provider itself', () => {
  const objects = `${mixed}- {provider: vault, objectName: z, secretPath: y, objectAlias: q}\n- {provider: aws, objectName: r, objectType: secretsmanager, secretKey: s}`;

  expect(lockstepDialect.inspect(new Map([['objects', objects]])).map(({ path }) => path)).toEqual([
    'objects[3].objectAlias',
    'objects[4].secretKey',
  ]);
});

it('knows the parameters of every provider, each once', () => {
  const names = lockstepDialect.parameterNames;

  expect(names).toEqual(
    expect.arrayContaining(['roleName', 'vaultAddress', 'baoAddress', 'region', 'roleArn', 'objects']),
  );
  expect(new Set(names).size).toBe(names.length);
});
