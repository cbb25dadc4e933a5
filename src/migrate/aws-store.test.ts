import { describe, expect, it } from 'vitest';

import {
  awsStoreObject,
  externalSecret,
  operatorObject,
  translate,
  vaultStoreObject,
} from '../../test/fakes/migration.ts';

const starts = (...texts: readonly string[]) => texts.map((text) => expect.stringMatching(`^${text}`));
const role = 'arn:aws:iam::1:role/r';

function made(aws: Readonly<Record<string, unknown>>, spec: Readonly<Record<string, unknown>> = {}) {
  const data = [{ secretKey: 'a', remoteRef: { key: 'prod/db' } }];
  const { classes, syncs, findings } = translate([
    awsStoreObject(aws),
    externalSecret({ secretStoreRef: { name: 'aws' }, data, ...spec }),
  ]);
  return { ...classes[0], sync: syncs[0], findings };
}

describe('A store of AWS', () => {
  it.for([
    [{}, { region: 'eu-west-1' }, 'secretsmanager'],
    [{ service: 'ParameterStore' }, { region: 'eu-west-1' }, 'ssmparameter'],
    [{ role }, { region: 'eu-west-1', assumeRoleArn: role }, 'secretsmanager'],
    [
      { role, externalID: 'x', sessionTagsPolicy: 'None' },
      { region: 'eu-west-1', assumeRoleArn: role, externalId: 'x' },
      'secretsmanager',
    ],
  ] as const)('%j becomes the parameters %j', ([aws, parameters, objectType]) => {
    const { provider, parameters: own, objects, sync, findings } = made(aws);

    expect(findings).toEqual([]);
    expect({ provider, parameters: own }).toEqual({ provider: 'lockstep-aws', parameters });
    expect(objects).toEqual([{ objectName: 'prod/db', objectType, objectAlias: 'a' }]);
    expect(sync).toMatchObject({ serviceAccountName: 'app' });
  });

  it.for([
    [
      { auth: { secretRef: { accessKeyIDSecretRef: { name: 'a' } } } },
      ['error static-credentials spec.provider.aws.auth.secretRef', 'error service-account spec:'],
    ],
    [{ auth: undefined }, ['warning service-account spec.provider.aws', 'error service-account spec:']],
    [{ externalID: 'x' }, ['warning store-setting spec.provider.aws.externalID']],
    [{ additionalRoles: [role] }, ['error store-setting spec.provider.aws.additionalRoles']],
    [{ sessionTags: [{ key: 'a', value: 'b' }] }, ['error store-setting spec.provider.aws.sessionTags']],
    [{ transitiveTagKeys: ['a'] }, ['error store-setting spec.provider.aws.transitiveTagKeys']],
    [{ sessionTagsPolicy: 'Simple' }, ['error store-setting spec.provider.aws.sessionTagsPolicy']],
    [{ secretsManager: { recoveryWindowInDays: 7 } }, ['warning store-setting spec.provider.aws.secretsManager']],
    [{ region: '' }, ['error manifest-invalid spec.provider.aws.region']],
  ] as const)('with %j says what is not carried over', ([aws, findings]) => {
    expect(made(aws).findings).toEqual(starts(...findings));
  });

  it('of another service is left with the operator', () => {
    expect(made({ service: 'CertificateManager' }).findings[0]).toMatch(
      /^error store-unsupported spec\.provider\.aws\.service/,
    );
  });
});

describe('An entry of AWS', () => {
  const entry = (remoteRef: object, aws: object = {}) =>
    made(aws as Record<string, unknown>, { data: [{ secretKey: 'k', remoteRef: { key: 'db', ...remoteRef } }] });

  it.for([
    [{}, { objectAlias: 'k' }],
    [{ version: 'AWSPREVIOUS' }, { objectVersionLabel: 'AWSPREVIOUS', objectAlias: 'k' }],
    [{ version: 'uuid/1-2' }, { objectVersion: '1-2', objectAlias: 'k' }],
    [{ property: 'user' }, { jmesPath: [{ path: 'user', objectAlias: 'k' }] }],
    [{ property: 'user-name' }, { jmesPath: [{ path: '"user-name"', objectAlias: 'k' }] }],
    [{ property: String.raw`a\.b` }, { jmesPath: [{ path: '"a.b"', objectAlias: 'k' }] }],
  ] as const)('%j is asked for with %j', ([remoteRef, fields]) => {
    const { objects, findings } = entry(remoteRef);

    expect(findings).toEqual([]);
    expect(objects).toEqual([{ objectName: 'db', objectType: 'secretsmanager', ...fields }]);
  });

  it.for([
    ['4', { objectVersion: '4' }],
    ['live', { objectVersionLabel: 'live' }],
  ] as const)('of version %s of a parameter', ([version, fields]) => {
    expect(entry({ version }, { service: 'ParameterStore' }).objects).toMatchObject([fields]);
  });

  it('has the prefix of its store', () => {
    expect(entry({}, { prefix: '/prod/' }).objects).toMatchObject([{ objectName: '/prod/db' }]);
  });

  it('with a path into the JSON says how that is read', () => {
    const { objects, findings } = entry({ property: 'hosts.0.name' });

    expect(objects).toMatchObject([{ jmesPath: [{ path: 'hosts[0].name' }] }]);
    expect(findings).toEqual(starts('warning property spec.data.0..remoteRef.property'));
  });

  it.for(['users.#.name', 'a*', '@pretty', 'a..b'])('with %s is left out and named', (property) => {
    const data = [
      { secretKey: 'x', remoteRef: { key: 'x' } },
      { secretKey: 'k', remoteRef: { key: 'db', property } },
    ];
    const { objects, findings } = made({}, { data });

    expect(objects).toHaveLength(1);
    expect(findings).toEqual(starts('error property spec.data.1..remoteRef.property'));
  });

  it('shares its secret with those that want other parts of the same version', () => {
    const part = (secretKey: string, property: string, version?: string) => ({
      secretKey,
      remoteRef: { key: 'db', property, version },
    });
    const { objects, sync } = made(
      {},
      { data: [part('u', 'user'), part('p', 'pass'), part('o', 'pass', 'AWSPREVIOUS')] },
    );

    expect(objects?.map(({ jmesPath }) => (jmesPath as object[]).length)).toEqual([2, 1]);
    expect(sync?.secretObjects).toMatchObject([{ data: [{ key: 'u' }, { key: 'p' }, { key: 'o' }] }]);
  });

  it('that is extracted becomes a key for each member', () => {
    const { objects, sync, findings } = made(
      {},
      { data: [{ secretKey: 'raw', remoteRef: { key: 'x' } }], dataFrom: [{ extract: { key: 'all' } }] },
    );

    expect(findings).toEqual([]);
    expect(objects).toEqual([
      { objectName: 'x', objectType: 'secretsmanager', objectAlias: 'raw' },
      { objectName: 'all', objectType: 'secretsmanager', expand: true },
    ]);
    expect(sync?.secretObjects).toEqual([{ secretName: 'db', type: 'Opaque' }]);
  });

  it('that is a part beside an extract, or an extract of a part, is left out and named', () => {
    const dataFrom = [{ extract: { key: 'all' } }, { extract: { key: 'b', property: 'p' } }];
    const { objects, findings } = made(
      {},
      { data: [{ secretKey: 'k', remoteRef: { key: 'x', property: 'p' } }], dataFrom },
    );

    expect(objects).toHaveLength(1);
    expect(findings).toEqual(
      starts('error extract spec: has the part "k"', 'error extract spec.dataFrom.1..extract.property'),
    );
  });
});

it('Vault and AWS in one ExternalSecret become one class', () => {
  const storeRef = { name: 'vault', kind: 'SecretStore' };
  const data = [
    { secretKey: 'a', remoteRef: { key: 'prod/db' } },
    { secretKey: 'v', sourceRef: { storeRef }, remoteRef: { key: 'db', property: 'p' } },
  ];
  const { classes, findings } = translate([
    awsStoreObject(),
    vaultStoreObject(),
    externalSecret({ secretStoreRef: { name: 'aws' }, data }),
  ]);

  expect(findings).toEqual([]);
  expect(classes).toMatchObject([
    {
      provider: 'lockstep',
      parameters: { region: 'eu-west-1', vaultAddress: 'https://vault:8200', roleName: 'app' },
      objects: [
        { provider: 'vault', objectName: 'v' },
        { provider: 'aws', objectName: 'prod/db', objectAlias: 'a' },
      ],
    },
  ]);
});

it('two stores with different service accounts cannot be one class', () => {
  const other = operatorObject('SecretStore', 'vault', {
    provider: {
      vault: {
        server: 'https://v',
        auth: { kubernetes: { role: 'r', serviceAccountRef: { name: 'other', audiences: ['vault'] } } },
      },
    },
  });
  const data = [
    { secretKey: 'a', remoteRef: { key: 'prod/db' } },
    { secretKey: 'v', sourceRef: { storeRef: { name: 'vault' } }, remoteRef: { key: 'kv/db', property: 'p' } },
  ];

  expect(
    translate([awsStoreObject(), other, externalSecret({ secretStoreRef: { name: 'aws' }, data })]).findings,
  ).toEqual(starts('error several-stores spec:'));
});
