import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lintManifest } from './lint.ts';

const good = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: web
spec:
  provider: vault
  parameters:
    roleName: app
    refreshInterval: 1m
    objects: |
      - objectName: user
        secretPath: secret/data/app
        secretKey: username
      - objectName: tls/crt
        secretPath: pki/issue/web
        method: PUT
        secretArgs: {common_name: web}
  secretObjects:
    - secretName: app
      type: Opaque
      data:
        - objectName: user
          key: user
    - secretName: tls
      type: kubernetes.io/tls
      data:
        - objectName: tls/crt
          key: tls.crt
`;

/** `line severity rule path: message` */
function lint(text: string): readonly string[] {
  return lintManifest(text, 'web.yaml').map(
    ({ line, severity, rule, path, message }) => `${line} ${severity} ${rule} ${path}: ${message}`,
  );
}

describe('lintManifest', () => {
  it('has nothing to say about a good class', () => {
    expect(lintManifest(good, 'web.yaml')).toEqual([]);
    expect(lintManifest('kind: Pod\n', 'pod.yaml')).toEqual([]);
  });

  it('says in which file it found what', () => {
    expect(lintManifest(good.replace('roleName: app', 'rolename: app'), 'web.yaml')).toEqual([
      {
        file: 'web.yaml',
        line: 7,
        severity: 'error',
        rule: 'manifest-invalid',
        path: 'parameters.roleName',
        message: 'is missing; name the role of the auth mount "kubernetes"',
      },
      {
        file: 'web.yaml',
        line: 8,
        severity: 'warning',
        rule: 'parameter-unknown',
        path: 'parameters.rolename',
        message: 'is not known and ignored; did you mean roleName?',
      },
    ]);
  });

  it.for([
    [
      ['x-k8s.io/v1', 'x-k8s.io/v1alpha1'],
      '1 warning api-deprecated apiVersion: is secrets-store.csi.x-k8s.io/v1alpha1',
    ],
    [
      ['provider: vault', 'provider: valut'],
      '6 warning provider-unknown provider: is "valut", which lockstep does not serve; did you mean vault?',
    ],
    [
      ['provider: vault', 'provider: azure'],
      '6 warning provider-unknown provider: is "azure", which lockstep does not serve; it serves vault, openbao',
    ],
    [['roleName: app', 'roleName: 5'], '8 error manifest-invalid parameters.roleName: is "5", which is no string'],
    [
      ['refreshInterval: 1m', 'refreshInterval: 1 minute'],
      '9 error manifest-invalid parameters.refreshInterval: must be a duration',
    ],
    [['refreshInterval: 1m', 'foo: bar'], '9 warning parameter-unknown parameters.foo: is not known and ignored'],
    [
      ['secretKey: username', 'secretkey: username'],
      '13 warning field-unknown objects[0].secretkey: is not known and ignored; did you mean secretKey?',
    ],
    [
      ['secretKey: username', 'filePermission: 777'],
      '13 warning mode-unlikely objects[0].filePermission: is 777 in decimal',
    ],
    [
      ['secretKey: username', 'filePermission: "0644"'],
      '13 error manifest-invalid objects[0].filePermission: is "0644"',
    ],
    [['secretPath: secret/data/app', 'secretPath: ../sys'], '12 error path-forbidden objects[0].secretPath: '],
    [['{common_name: web}', '{a: {1: b}}'], '17 error arguments-unsendable objects[1].secretArgs: holds a map'],
    [
      ['objectName: tls/crt\n        secretPath', 'objectName: user\n        secretPath'],
      '14 error manifest-invalid objects[1].objectName: "user" is the name of objects[0] too',
    ],
    [
      ['objectName: user\n          key', 'objectName: usr\n          key'],
      '22 error secret-object-unmounted secretObjects[0].data[0].objectName: is "usr", which is no objectName of the parameter objects; did you mean "user"?',
    ],
    [['key: tls.crt', 'key: ca.crt'], '28 warning secret-object-tls-key secretObjects[1].data[0].key: is "ca.crt"'],
    [['      type: Opaque\n', ''], '19 error secret-object-invalid secretObjects[0].type: is missing; name the type'],
    [['secretName: app', 'secretName: ""'], '19 error secret-object-invalid secretObjects[0].secretName: is missing'],
    [['          key: user\n', ''], '22 error secret-object-invalid secretObjects[0].data[0].key: is missing'],
  ] as const)('finds %j', ([[from, to], expected]) => {
    const text = good.replace(from, to);
    expect(text).not.toBe(good);
    expect(lint(text)).toContainEqual(expect.stringContaining(expected));
  });

  it.for([
    ['secretObjects: {}', 'secretObjects: must be a list'],
    ['secretObjects: [a]', 'secretObjects[0]: must be a map'],
    ['secretObjects: [{secretName: a, type: b}]', 'secretObjects[0].data: must be a list'],
    ['secretObjects: [{secretName: a, type: b, data: []}]', 'secretObjects[0].data: must be a list'],
    ['secretObjects: [{secretName: a, type: b, data: [c]}]', 'secretObjects[0].data[0]: must be a map'],
    [
      'secretObjects: [{secretName: [a], type: b, data: [{objectName: user, key: k}]}]',
      'secretObjects[0].secretName: is a list; it must be text',
    ],
  ] as const)('refuses %s', ([secretObjects, expected]) => {
    expect(lint(good.replace(/ {2}secretObjects:[^]*/, `  ${secretObjects}\n`))).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  it('does not guess what is mounted when objects expand or cannot be read', () => {
    const unknown = good.replace('objectName: user\n          key', 'objectName: other\n          key');
    expect(lint(unknown)).toHaveLength(1);
    expect(lint(unknown.replace('secretKey: username', 'expand: true'))).toEqual([]);
    expect(lint(unknown.replace('- objectName: user\n', '- objectName: /abs\n')).join()).not.toContain('unmounted');
  });

  it('goes through every class of a file, by line', () => {
    const bad = good.replace('roleName: app', 'roleName: ""');
    expect(lint(`${bad}---\n${bad}`).map((finding) => finding.split(' ')[0])).toEqual(['8', '37']);
  });

  it('lints a class of OpenBao by its own parameters', () => {
    const text = good.replace('provider: vault', 'provider: openbao').replace('roleName: app', 'baoRoleName: app');
    expect(lint(text)).toEqual([]);
    expect(lint(text.replace('baoRoleName', 'baoRolename')).join()).toContain('did you mean baoRoleName?');
  });

  it('never throws on a mutated manifest', () => {
    const edit = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(8),
      insert: fc.string({ unit: 'binary', maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
        const text = edits.reduce((all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut), good);
        expect(lintManifest(text, 'f').every(({ line }) => line >= 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a class for AWS', () => {
  const objects = (list: string, more = '') => `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: web}
spec:
  provider: aws
  parameters:
    usePodIdentity: "true"${more}
    objects: |
      ${list}
`;

  it('needs no region, which the daemon may know', () => {
    expect(lint(objects('- {objectName: a, objectType: secretsmanager}'))).toEqual([]);
    expect(lint(objects('- {objectName: "arn:aws:ssm:eu-west-1:1:parameter/a"}'))).toEqual([]);
    expect(
      lint(
        objects(
          '- {objectName: "arn:aws:ssm:eu-west-1:1:parameter/a", objectAlias: x, failoverObject: {objectName: "arn:aws:ssm:eu-west-2:1:parameter/a"}}',
          '\n    failoverRegion: eu-west-2',
        ),
      ),
    ).toEqual([]);
  });

  it.for([
    ['- {objectName: a}', '9 error manifest-invalid objects[0].objectName: "a" is no ARN'],
    ['- {objectName: a, objectTyp: secretsmanager}', '9 warning field-unknown objects[0].objectTyp: is not known'],
    ['- {objectName: a, objectType: ssmparameter, expand: maybe}', '9 error manifest-invalid objects[0].expand'],
    [
      '- {objectName: a, objectType: ssmparameter, jmesPath: [{path: a-b, objectAlias: c}]}',
      '9 error manifest-invalid objects[0].jmesPath[0].path: "a-b" calculates',
    ],
    [
      '- {objectName: a, objectType: ssmparameter, jmesPath: [{path: a, alias: c}]}',
      '9 warning field-unknown objects[0].jmesPath[0].alias: is not known and ignored',
    ],
    [
      '- {objectName: "arn:aws:ssm:eu-west-1:1:parameter/a"}\n      - {objectName: "arn:aws:ssm:eu-west-2:1:parameter/b"}',
      '10 error manifest-invalid objects[1].objectName: ',
    ],
  ] as const)('finds in %s: %s', ([list, expected]) => {
    expect(lint(objects(list))).toContainEqual(expect.stringContaining(expected));
  });

  it('is compared with its secretObjects by the names of its files', () => {
    const text = `${objects('- {objectName: a/b, objectType: secretsmanager}')}  secretObjects:
  - {secretName: s, type: Opaque, data: [{objectName: a_b, key: k}, {objectName: a/b, key: l}]}
`;

    expect(lint(text)).toEqual([
      expect.stringContaining('secret-object-unmounted secretObjects[0].data[1].objectName: is "a/b"'),
    ]);
  });

  it('of several stores is known too', () => {
    const text = objects('- {provider: vault, objectName: a, secretPath: b}').replace(
      'provider: aws',
      'provider: lockstep',
    );

    expect(lint(text)).toEqual([expect.stringContaining('parameters.roleName: is missing')]);
  });
});
