import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatProblem } from '../core/problem.ts';
import { parseSecretObjects } from './parse.ts';
import type { SecretObject } from './secret-object.ts';

const data = [{ objectName: 'db/password', key: 'password' }];
const full = {
  secretName: 'shop-db',
  type: 'kubernetes.io/basic-auth',
  labels: { 'app.kubernetes.io/name': 'shop' },
  annotations: { 'example.com/note': 'made of Vault, “quoted”' },
  immutable: true,
  data,
};

function parse(raw: unknown): readonly SecretObject[] {
  const parsed = parseSecretObjects(raw, 'spec.secretObjects');
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

function problemsOf(raw: unknown): readonly string[] {
  const parsed = parseSecretObjects(raw, 'secretObjects');
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('parseSecretObjects', () => {
  it('reads every field', () => {
    expect(parse([full])).toEqual([full]);
  });

  it('needs a name and nothing else', () => {
    const defaults = { type: 'Opaque', labels: {}, annotations: {}, immutable: false, data: undefined };

    expect(parse([{ secretName: 'a' }])).toEqual([{ secretName: 'a', ...defaults }]);
    const nulls = { type: null, labels: null, annotations: null, immutable: null, data: null };
    expect(parse([{ secretName: 'a', ...nulls }])).toEqual([{ secretName: 'a', ...defaults }]);
    expect(parse([{ secretName: 'a', type: '' }])[0]?.type).toBe('Opaque');
  });

  it.for([[[]], [undefined], [null]])('takes %j for no Secret', ([raw]) => {
    expect(parse(raw)).toEqual([]);
  });

  it('ignores white space around objectName and key, as the driver does', () => {
    const [object] = parse([{ ...full, data: [{ objectName: ' db/password\n', key: '\tpassword ' }] }]);

    expect(object?.data).toEqual(data);
  });

  it('takes one object for several keys, and the same key in several Secrets', () => {
    const twice = [...data, { objectName: 'db/password', key: 'PGPASSWORD' }];

    expect(parse([full, { ...full, secretName: 'other', data: twice }])).toHaveLength(2);
  });

  it('keeps names that objects of JavaScript have already', () => {
    const labels = { constructor: 'a', toString: 'b' };

    expect(parse([{ ...full, labels }])[0]?.labels).toEqual(labels);
  });

  it.for<readonly [string, unknown, string]>([
    ['no list', {}, 'secretObjects: must be a list of objects with secretName, type and data'],
    ['an entry that is text', ['a'], 'secretObjects[0]: must be a map with secretName, type and data'],
    ['no secretName', [{ data }], 'secretObjects[0].secretName: is missing; name the Secret to keep'],
    ['an empty secretName', [{ secretName: '' }], 'secretObjects[0].secretName: is missing; name the Secret to keep'],
    ['a number for secretName', [{ secretName: 5 }], 'secretObjects[0].secretName: must be text'],
    ['a number for type', [{ ...full, type: 5 }], 'secretObjects[0].type: must be text'],
    ['a text for immutable', [{ ...full, immutable: 'true' }], 'secretObjects[0].immutable: must be true or false'],
    [
      'empty data',
      [{ ...full, data: [] }],
      'secretObjects[0].data: is empty; name what goes into the Secret, or leave data out for every file of the class',
    ],
    ['a map for data', [{ ...full, data: {} }], 'secretObjects[0].data: must be a list of objectName and key'],
    [
      'a datum that is text',
      [{ ...full, data: ['a'] }],
      'secretObjects[0].data[0]: must be a map with objectName and key',
    ],
    [
      'a datum without objectName',
      [{ ...full, data: [{ key: 'a' }] }],
      'secretObjects[0].data[0].objectName: is missing; name a file of the class',
    ],
    [
      'a blank key',
      [{ ...full, data: [{ objectName: 'a', key: ' ' }] }],
      'secretObjects[0].data[0].key: is missing; name the key inside the Secret',
    ],
    [
      'a number for a label',
      [{ ...full, labels: { a: 1 } }],
      'secretObjects[0].labels.a: must be text; put numbers and the like in quotes',
    ],
    ['a list for labels', [{ ...full, labels: [] }], 'secretObjects[0].labels: must be a map of names and texts'],
    [
      'a field with a typing error',
      [{ ...full, anotations: {} }],
      'secretObjects[0]: has a field "anotations", which is not known; did you mean annotations?',
    ],
    [
      'a field that means nothing',
      [{ ...full, data: [{ ...data[0], encoding: 'base64' }] }],
      'secretObjects[0].data[0]: has a field "encoding", which is not known; known are objectName, key',
    ],
    [
      'a key twice',
      [{ ...full, data: [...data, { objectName: 'x', key: ' password ' }] }],
      'secretObjects[0].data[1].key: "password" names a key a second time (first in secretObjects[0].data[0]); remove one',
    ],
    [
      'a Secret twice',
      [full, { secretName: 'a' }, full],
      'secretObjects[2].secretName: "shop-db" names a Secret a second time (first in secretObjects[0]); remove one',
    ],
  ])('refuses %s', ([, raw, message]) => {
    expect(problemsOf(raw)).toEqual([message]);
  });

  it.for<readonly [string, object, RegExp]>([
    ['a name that is none', { secretName: 'Shop_DB' }, /^secretObjects\[0\]\.secretName: "Shop_DB" is no name/],
    ['a key that is none', { data: [{ objectName: 'a', key: 'db/pass' }] }, /\.data\[0\]\.key: "db\/pass" is no key/],
    ['a key that leaves its directory', { data: [{ objectName: 'a', key: '..a' }] }, /must not be `\.` or start with/],
    ['the value of a label', { labels: { a: 'not a label' } }, /labels\.a: is no value for a label/],
    ['the key of a label', { labels: { 'a b': 'c' } }, /labels\["a b"\]: is no key/],
    ['the key of an annotation', { annotations: { 'a//b': 'c' } }, /annotations\["a\/\/b"\]: is no key/],
    [
      'our own labels',
      { labels: { 'lockstep.dev/managed': 'true' } },
      /labels\["lockstep.dev\/managed"\]: is kept for lockstep/,
    ],
    ['our own annotations', { annotations: { 'lockstep.dev/owner': 'x' } }, /is kept for lockstep itself/],
    ["the driver's mark", { labels: { 'secrets-store.csi.k8s.io/managed': 'true' } }, /is the mark of the driver/],
    ['too long annotations', { annotations: { a: 'x'.repeat(262_144) } }, /annotations: take more than 261120 bytes/],
  ])('refuses %s', ([, change, message]) => {
    const problems = problemsOf([{ ...full, ...change }]);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it('names all problems at once', () => {
    const problems = problemsOf([
      {
        type: 1,
        labels: { 'a b': 'x', c: 'not valid' },
        data: [
          { key: 'x', nam: 1 },
          { objectName: 'y', key: 'x' },
        ],
      },
      { secretName: 'same', typ: 'Opaque' },
      { secretName: 'same', immutable: 1 },
    ]);

    expect(problems.map((problem) => problem.slice(0, problem.indexOf(':')))).toEqual([
      'secretObjects[0].secretName',
      'secretObjects[0].type',
      'secretObjects[0].labels["a b"]',
      'secretObjects[0].labels.c',
      'secretObjects[0].data[0].objectName',
      'secretObjects[0].data[0]',
      'secretObjects[1]',
      'secretObjects[2].immutable',
      'secretObjects[2].secretName',
      'secretObjects[0].data[1].key',
    ]);
  });

  it('answers anything that JSON can hold with a value or with problems below its path', () => {
    const near = fc.record(
      {
        secretName: fc.oneof(fc.string(), fc.constant('a')),
        type: fc.jsonValue(),
        labels: fc.dictionary(fc.string(), fc.jsonValue()),
        annotations: fc.jsonValue(),
        immutable: fc.jsonValue(),
        data: fc.oneof(fc.jsonValue(), fc.array(fc.record({ objectName: fc.jsonValue(), key: fc.jsonValue() }))),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(near)), (raw) => {
        const parsed = parseSecretObjects(raw, 'here');
        const problems = parsed.ok ? [] : parsed.problems;
        expect(parsed.ok || problems.length > 0).toBe(true);
        expect(problems.every(({ path, message }) => path.startsWith('here') && message !== '')).toBe(true);
      }),
    );
  });

  it('reads back what it read', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const object = fc.record({
      secretName: word,
      type: fc.constantFrom('Opaque', 'kubernetes.io/tls', 'example.com/x'),
      labels: fc.dictionary(word, word),
      annotations: fc.dictionary(word, fc.string()),
      immutable: fc.boolean(),
      data: fc.option(
        fc.uniqueArray(fc.record({ objectName: word, key: word }), { minLength: 1, selector: ({ key }) => key }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(object, { selector: ({ secretName }) => secretName }), (objects) => {
        expect(parse(JSON.parse(JSON.stringify(objects)))).toEqual(objects);
      }),
    );
  });
});
