import { describe, expect, it } from 'vitest';

import { one, parse, problems } from '../../test/fakes/parsed-vault-objects.ts';
import { parseVaultObjects, readVaultObjects } from './vault-objects.ts';

function body(yaml: string): string | undefined {
  return parse(one(`secretArgs: ${yaml}`))[0]?.arguments.json;
}

describe('parseVaultObjects', () => {
  it('reads every field', () => {
    const [object] = parse(
      one(
        'secretKey: k\n  method: PUT\n  secretArgs: {b: 1, a: <x>}\n  filePermission: 0600\n  encoding: HEX\n  optional: true\n  expand: True',
      ),
    );
    expect(object).toEqual({
      at: 'objects[0]',
      line: 1,
      name: 'a',
      secretPath: { path: '/v1/kv/a', query: '' },
      secretKey: 'k',
      method: 'PUT',
      arguments: { json: String.raw`{"a":"\u003cx\u003e","b":1}` },
      filePermission: 0o600,
      encoding: 'hex',
      optional: true,
      expand: true,
      versionInput: String.raw`{"ObjectName":"a","SecretPath":"kv/a","SecretKey":"k","Method":"PUT","SecretArgs":{"a":"\u003cx\u003e","b":1},"FilePermission":384,"Encoding":"HEX"}`,
    });
  });

  it('takes nothing for the defaults of the official provider', () => {
    const [object] = parse('- objectName: a\n  secretPath: kv/a\n');
    expect(object).toMatchObject({ secretKey: '', method: '', arguments: {}, filePermission: 0, encoding: 'utf-8' });
    expect(object).toMatchObject({ optional: false, expand: false });
  });

  it('takes the objects in place of null entries for missing, and counts them', () => {
    expect(parse('-\n- objectName: a\n  secretPath: kv/a\n- null\n').map(({ at }) => at)).toEqual(['objects[1]']);
  });

  it('reads fields of an alias and merged ones, in which what stands there wins', () => {
    const text =
      '- &a\n  objectName: a\n  secretPath: kv/a\n  secretKey: x\n- <<: *a\n  objectName: b\n- <<: [{secretKey: y}, *a]\n  objectName: c\n';
    expect(parse(text).map(({ name, secretKey }) => name + secretKey)).toEqual(['ax', 'bx', 'cy']);
  });

  it.for([
    ['0o640', 0o640],
    ['384.0', 384],
    ['384.9', 384],
    ['-0.5', 0],
    ['~', 0],
    ['!!int "0600"', 0o600],
    ['!!float 5', 5],
    ['2147483647', 2147483647],
  ] as const)('reads filePermission %s', ([text, mode]) => {
    expect(parse(one(`filePermission: ${text}`))[0]?.filePermission).toBe(mode);
  });

  it.for([
    '"0644"',
    '!!str 384',
    'rw-r--r--',
    '2024-01-01',
    '-1',
    '-1.0',
    '4294967296',
    '4294967295',
    '.nan',
    '[1]',
    '{}',
  ])('refuses filePermission %s with its remedy', (text) => {
    expect(problems(one(`filePermission: ${text}`))).toEqual([
      expect.stringMatching(/^objects\[0\]\.filePermission line 3: .*such as 0644, without quotes$/),
    ]);
  });

  it.for(['"true"', 'yes', '1', '[true]'])('refuses %s where true or false is meant', (text) => {
    expect(problems(one(`optional: ${text}`))).toEqual([expect.stringMatching(/^objects\[0\]\.optional line 3: /)]);
  });

  it.for([
    ['{}', '{}'],
    ['~', undefined],
    [
      '{y: yes, t: true, n: ~, i: 0x10, f: 1.0, z: -0.0, e: 1e21, s: 1e-7}',
      '{"e":1e+21,"f":1,"i":16,"n":null,"s":1e-7,"t":true,"y":"yes","z":-0}',
    ],
    ['{1: a, true: b, 2024-01-01: c}', '{"1":"a","2024-01-01":"c","true":"b"}'],
    ['{~: a}', '{}'],
    ['{d: 2024-01-02, q: "2024-01-02"}', '{"d":"2024-01-02T00:00:00Z","q":"2024-01-02"}'],
    ['{m: {"1": [a, {b: c}]}}', '{"m":{"1":["a",{"b":"c"}]}}'],
    ['{m: {<<: {a: 1}, a: 2}}', '{"m":{"a":2}}'],
    ['{__proto__: {x: 1}, constructor: 2}', '{"__proto__":{"x":1},"constructor":2}'],
    ['{b: !!binary aGk=}', '{"b":"hi"}'],
  ] as const)('turns the arguments %s into %s', ([yaml, json]) => {
    expect(body(yaml)).toBe(json);
  });

  it.for(['{m: {1: a}}', '{m: [{~: a}]}', '{n: .inf}', '{n: .nan}'])('keeps why %s cannot be sent', (yaml) => {
    const { objects, reading } = readVaultObjects(one(`secretArgs: ${yaml}`));
    expect(objects[0]?.arguments).toEqual({ unsendable: expect.stringContaining('JSON cannot hold') });
    expect(reading.problems).toEqual([]);
    expect(reading.remarks).toEqual([expect.objectContaining({ rule: 'arguments-unsendable', severity: 'error' })]);
  });

  it.for([
    ['[a]', 'is a list; it must be a map'],
    ['text', 'is "text"; it must be a map'],
    ['{a: !!int x}', 'does not fit its tag'],
    ['{a: {[x]: 1}}', 'has a list as a key'],
  ] as const)('refuses the arguments %s', ([yaml, message]) => {
    expect(problems(one(`secretArgs: ${yaml}`)).join()).toContain(message);
  });

  it.for([
    ['', 'parameters.objects: is empty; it must be a list'],
    ['# nothing', 'parameters.objects: is empty'],
    ['[]', 'parameters.objects line 1: lists no object'],
    ['- ~', 'parameters.objects line 1: lists no object'],
    ['---\n---\n- objectName: a\n', 'parameters.objects: is empty'],
    ['a: b', 'parameters.objects line 1: is a map; it must be a list'],
    ['hello', 'parameters.objects line 1: is "hello"'],
    ['- - a', 'objects[0] line 1: is a list; it must be a map'],
    ['- a', 'objects[0] line 1: is "a"'],
    [one('? [a]\n  : b'), 'objects[0] line 3: has a list as a key'],
    [one('objectName: b'), 'objects[0] line 3: has the key "objectName" a second time (first in line 1)'],
    [one('<<: 5'), 'objects[0] line 3: merges (`<<`) something that is no map'],
    [one('secretKey: [a]'), 'objects[0].secretKey line 3: is a list; it must be text'],
    [one('method: "GET X"'), 'objects[0].method line 3: "GET X" is no HTTP method'],
    [
      one('secretKey: k\n  encoding: utf8'),
      'objects[0].encoding line 4: "utf8" is not known; write utf-8, base64 or hex',
    ],
  ] as const)('refuses %j', ([text, message]) => {
    expect(problems(text)).toEqual([expect.stringContaining(message)]);
  });

  it('does not look at the encoding of a whole answer', () => {
    expect(parse(one('encoding: nonsense'))[0]?.encoding).toBe('utf-8');
  });

  it('says every problem at once, and nothing about a field that could not be read', () => {
    expect(problems('- objectName: [x]\n  secretPath: ../sys\n  filePermission: "1"\n- objectName: /abs\n')).toEqual([
      expect.stringMatching(/^objects\[0\]\.objectName line 1: is a list/),
      expect.stringMatching(/^objects\[0\]\.filePermission line 3: /),
      expect.stringMatching(/^objects\[0\]\.secretPath line 2: "\.\.\/sys" leaves the API/),
      expect.stringMatching(/^objects\[1\]\.objectName line 4: "\/abs" is absolute/),
      expect.stringMatching(/^objects\[1\]\.secretPath line 4: "" names no secret/),
    ]);
  });

  it('gives a path that leaves the API its own code', () => {
    expect(parseVaultObjects('- objectName: a\n  secretPath: ../sys/raw\n')).toMatchObject({
      problems: [{ code: 'PATH_FORBIDDEN' }],
    });
  });

  it.for(['', '../up', '/abs', 'a//b', './dot', 'a/', '..data', 'a\\0b', 'x'.repeat(300)])(
    'refuses the name "%s"',
    (name) => {
      expect(problems(`- objectName: "${name}"\n  secretPath: kv/a\n`)).toEqual([
        expect.stringMatching(/^objects\[0\]\.objectName line 1: /),
      ]);
    },
  );

  it('refuses names that are there twice and names under a file', () => {
    const names = ['a', 'b', 'a', 'a/b', 'c/d', 'c/e', 'a'];
    const text = names.map((name) => `- {objectName: ${name}, secretPath: kv/a}\n`).join('');
    expect(problems(text)).toEqual([
      'objects[2].objectName line 3: "a" is the name of objects[0] too; every objectName must be unique',
      'objects[6].objectName line 7: "a" is the name of objects[0] too; every objectName must be unique',
      'objects[3].objectName line 4: "a/b" lies below "a", which is a file; rename one of the two',
    ]);
  });

  it('remarks unknown fields with the nearest known one, and decimal permissions', () => {
    const { remarks } = readVaultObjects(`${one('filePermission: 1777')}  secretkey: k\n  zzzzzz: 1\n`).reading;
    expect(remarks.map(({ path, line, message }) => [path, line, message])).toEqual([
      ['objects[0].secretkey', 4, 'is not known and ignored; did you mean secretKey?'],
      ['objects[0].zzzzzz', 5, 'is not known and ignored'],
      ['objects[0].filePermission', 3, expect.stringContaining('in decimal')],
    ]);
  });
});
