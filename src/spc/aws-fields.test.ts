import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AwsFields } from './aws-fields.ts';
import { parseYaml } from './yaml-document.ts';
import { YamlReading } from './yaml-place.ts';

const names = ['objectName', 'objectAlias', 'optional', 'jmesPath'] as const;

function read(text: string) {
  const [document] = parseYaml(text).take(1);
  if (document?.root?.kind !== 'mapping') throw new Error('no map');
  const reading = new YamlReading(10_000);
  return { reading, fields: new AwsFields(document.root, { path: 'objects[0]', reading }, names) };
}

function textOf(value: string): string {
  return read(`objectName: ${value}`).fields.text('objectName');
}

describe('a field as text', () => {
  it.for([
    ['app/plain', 'app/plain'],
    ['"0600"', '0600'],
    ['0600', '384'],
    ['0o10', '8'],
    ['0x1F', '31'],
    ['0b101', '5'],
    ['1_000', '1000'],
    ['+7', '7'],
    ['-7', '-7'],
    ['1.50', '1.5'],
    ['2.0', '2'],
    ['1e3', '1000'],
    ['.inf', '+Inf'],
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    ['123456789012345678901234', '1.2345679e+23'],
    ['12:30', '12:30'],
    ['2024-01-02', '2024-01-02'],
    ['y', 'true'],
    ['Yes', 'true'],
    ['on', 'true'],
    ['TRUE', 'true'],
    ['n', 'false'],
    ['Off', 'false'],
    ['yES', 'yES'],
    ["'on'", 'on'],
    ['!!str 0400', '0400'],
    ['null', ''],
    ['~', ''],
    ['', ''],
    ['"null"', 'null'],
  ] as const)('takes %s for %j', ([yaml, text]) => {
    expect(textOf(yaml)).toBe(text);
  });

  it.for(['{a: b}', '[a]', '!!int abc'])('refuses %s with its line', (yaml) => {
    const { reading, fields } = read(`objectAlias: x\nobjectName: ${yaml}`);

    expect(fields.text('objectName')).toBe('');
    fields.complain('objectName', 'is missing');
    expect(reading.problems).toMatchObject([{ path: 'objects[0].objectName', line: 2 }]);
  });
});

describe('the names of fields', () => {
  it.for([
    ['ObjectName: x', 'x'],
    ['OBJECTNAME: x', 'x'],
    ['objectName: x\nObjectName: z', 'x'],
    ['ObjectName: z\nobjectName: x', 'x'],
    ['objectname: z\nobjectName: x', 'z'],
    ['ObjectName: z\nobjectName: null', 'z'],
    ['objectName: x\nobjectName: z', 'z'],
    ['objectName: x\nobjectName: null', ''],
    ['"objectName": x', 'x'],
    ['<<: {objectName: x}', 'x'],
    ['<<: {objectName: x}\nobjectName: z', 'z'],
    ['objectName: z\n<<: {objectName: x}', 'x'],
    ['<<: [{objectName: x}, {objectName: z}]', 'x'],
    ['"<<": {objectName: x}', ''],
  ] as const)('of %j give %j', ([yaml, text]) => {
    expect(read(yaml).fields.text('objectName')).toBe(text);
  });

  it('fold as Unicode says', () => {
    const reading = new YamlReading(100);
    const [document] = parseYaml('"\u212aey\u017f": x').take(1);
    if (document?.root?.kind !== 'mapping') throw new Error('no map');

    expect(new AwsFields(document.root, { path: '', reading }, ['keys'] as const).text('keys')).toBe('x');
  });

  it('that mean nothing here are remarked, with the one that was probably meant', () => {
    const { reading } = read('objectNam: x\n"y": 1\n__proto__: z');

    expect(reading.problems).toEqual([]);
    expect(reading.remarks).toMatchObject([
      { path: 'objects[0].__proto__', line: 3, message: 'is not known and ignored' },
      { path: 'objects[0].objectNam', line: 1, message: 'is not known and ignored; did you mean objectName?' },
      { path: 'objects[0].y', line: 2 },
    ]);
  });

  it.for(['? [a]\n: b', '? {a: b}\n: c', 'null: x', '<<: x', '<<: [x]'])('refuse %j', (yaml) => {
    expect(read(yaml).reading.problems).toHaveLength(1);
  });
});

it.for([
  ['true', true, 0],
  ['"true"', true, 0],
  ['yes', true, 0],
  ['false', false, 0],
  ['', false, 0],
  ['"yes"', false, 1],
  ['1', false, 1],
] as const)('a field of our own may be %s', ([yaml, value, problems]) => {
  const { fields, reading } = read(`optional: ${yaml}`);

  expect(fields.boolean('optional')).toBe(value);
  expect(reading.problems).toHaveLength(problems);
});

it('never throws on any map', () => {
  const text = fc.array(fc.tuple(fc.constantFrom(...names, '<<', 'x', '&a b', '*a'), fc.string()), { maxLength: 5 });
  fc.assert(
    fc.property(text, (entries) => {
      const yaml = entries.map(([key, value]) => `${key}: ${value}`).join('\n');
      const [document] = parseYaml(yaml).take(1);
      if (document?.root?.kind !== 'mapping') return;
      const fields = new AwsFields(document.root, { path: '', reading: new YamlReading(1000) }, names);
      expect(names.map((name) => typeof fields.text(name))).toEqual(names.map(() => 'string'));
    }),
  );
});
