import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { marshalGo, parseJson } from './go-json.ts';
import { checkJmesPath, JmesPathError, searchJmesPath } from './jmes-path.ts';

const document = parseJson(`{
  "username": "alice", "api-key": "k", "empty": "", "nothing": null, "flag": true, "num": 42, "float": 1.50,
  "big": 12345678901234567890, "tiny": 0.0000001, "html": "<a>", "uni": "\u017e\ud83d\udc0e",
  "db": {"host": "h", "port": 5432}, "nested": {"z": 1, "a": "<b>", "10": 1, "9": 2},
  "list": ["x", "y", "z"], "nums": [10, 9, 1], "mixed": [1, "a"], "deep": [[1], [2, [3]], 4],
  "users": [{"name": "b", "pass": "pb", "age": 9}, {"name": "a", "pass": "pa", "age": 10}],
  "toString": "own", "__proto__": "own"
}`);

/** As JSON, in which Go writes it. */
function search(expression: string): string {
  return marshalGo(parseJson(JSON.stringify(searchJmesPath(expression, document), toPlain)));
}

function toPlain(_: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

describe('searchJmesPath', () => {
  it.for([
    ['username', '"alice"'],
    ['"api-key"', '"k"'],
    [' db . host ', '"h"'],
    ['list[0]', '"x"'],
    ['list[-1]', '"z"'],
    ['list[9]', 'null'],
    ['list[-9]', 'null'],
    ['list[1:]', '["y","z"]'],
    ['list[::-1]', '["z","y","x"]'],
    ['list[5:0:-2]', '["z"]'],
    ['list[-2:9]', '["y","z"]'],
    ['username[0:2]', 'null'],
    ['username[0]', 'null'],
    ['username.length', 'null'],
    ['missing.deeper', 'null'],
    ['@.num', '42'],
    ['users[*].name', '["b","a"]'],
    ['users[].name | [1]', '"a"'],
    ["users[?name=='a'].pass | [0]", '"pa"'],
    ['users[?age>`9`].name', '["a"]'],
    ['users[?age>=`10` && age<=`10` && age<`11`].name', '["a"]'],
    ["users[?name!='a'].name", '["b"]'],
    ["users[?name>'a'].name", '[]'],
    ['users[?!missing].name', '["b","a"]'],
    ['deep[]', '[1,2,[3],4]'],
    ['db.*', '["h",5432]'],
    ['[username, num]', '["alice",42]'],
    ['{a: username, b: missing}', '{"a":"alice","b":null}'],
    ['missing.{a: b}', 'null'],
    ['missing || username', '"alice"'],
    ['empty || `"d"`', '"d"'],
    ['num && username', '"alice"'],
    ['`0` || username', '0'],
    ["'it\\'s'", '"it\'s"'],
    ['`{"a": {"b": [1.50]}}`', '{"a":{"b":[1.5]}}'],
    ['`{"a": [1]}` == `{"a": [1]}`', 'true'],
    ['`{"a": [1]}` == `{"a": [1, 2]}`', 'false'],
    ['`{"a": 1}` == `{"b": 1}`', 'false'],
  ] as const)('finds with %s %s', ([expression, found]) => {
    expect(search(expression)).toBe(found);
  });

  it.for([
    ['abs(`-1`)', '1'],
    ['avg(nums)', '6.666666666666667'],
    ['ceil(float)', '2'],
    ['floor(float)', '1'],
    ["contains(username, 'lic')", 'true'],
    ['contains(username, num)', 'false'],
    ["contains(list, 'y')", 'true'],
    ["starts_with(username, 'al')", 'true'],
    ["ends_with(username, 'ice')", 'true'],
    ["join(',', list)", '"x,y,z"'],
    ['keys(db)', '["host","port"]'],
    ['values(db)', '["h",5432]'],
    ['length(uni)', '2'],
    ['length(list)', '3'],
    ['length(db)', '2'],
    ["join(',', map(&pass, users))", '"pb,pa"'],
    ['map(&missing, list)', '[null,null,null]'],
    ['max(nums)', '10'],
    ['min(list)', '"x"'],
    ['max(`[]`)', 'null'],
    ['max_by(users, &name).pass', '"pb"'],
    ['min_by(users, &age).name', '"b"'],
    ['max_by(`[{}]`, &missing)', '{}'],
    ['max_by(`[]`, &missing)', 'null'],
    ['merge(db, `{"port": 1}`)', '{"host":"h","port":1}'],
    ['not_null(missing, nothing, num)', '42'],
    ['not_null(missing)', 'null'],
    ['reverse(uni)', '"🐎ž"'],
    ['reverse(list)', '["z","y","x"]'],
    ['sort(nums)', '[1,9,10]'],
    ['sort(keys(db))[0]', '"host"'],
    ['sort_by(users, &age)[0].name', '"b"'],
    ['sort_by(users, &name)[0].name', '"a"'],
    ['sum(nums)', '20'],
    ['to_array(num)', '[42]'],
    ['to_array(list)', '["x","y","z"]'],
    ["to_number('1.5e1')", '15'],
    ["to_number('0x1')", 'null'],
    ['to_number(list)', 'null'],
    ['type(nothing)', '"null"'],
    ['type(db)', '"object"'],
    ['type(list)', '"array"'],
    ['type(flag)', '"boolean"'],
    ['type(num)', '"number"'],
  ] as const)('calls %s for %s', ([expression, found]) => {
    expect(search(expression)).toBe(found);
  });

  it.for([
    ['to_string(username)', 'alice'],
    ['to_string(float)', '1.5'],
    ['to_string(big)', '12345678901234567000'],
    ['to_string(tiny)', '1e-7'],
    ['to_string(`-0.0`)', '-0'],
    ['to_string(nothing)', 'null'],
    ['to_string(missing)', 'null'],
    ['to_string(nested)', '{"10":1,"9":2,"a":"\\u003cb\\u003e","z":1}'],
    ['to_string([html, num])', '["\\u003ca\\u003e",42]'],
  ] as const)('writes with %s what Go writes: %s', ([expression, text]) => {
    expect(searchJmesPath(expression, document)).toBe(text);
  });

  it.for(['constructor', 'hasOwnProperty', 'db.toString', '{a: username}.constructor', '`{"a":1}`.valueOf'])(
    'finds nothing with the inherited name %s',
    (expression) => {
      expect(search(expression)).toBe('null');
    },
  );

  it('finds own members whatever they are called', () => {
    expect(search('toString')).toBe('"own"');
    expect(search('__proto__')).toBe('"own"');
  });

  it.for([
    'keys(list)',
    'sum(list)',
    'sort(mixed)',
    'to_string(num, num)',
    'not_null()',
    'join(list, username)',
    'merge(username, db).host',
    'to_string(merge(db, missing))',
    'sort_by(users, &missing)',
    'max_by(users, &@)',
    'length(num)',
    'map(list, list)',
    'to_string(&username)',
    '&username',
    'list[::0]',
    'to_string(avg(`[]`))',
  ])('refuses to evaluate %s', (expression) => {
    expect(() => searchJmesPath(expression, document)).toThrow(JmesPathError);
  });

  it('refuses a number that no float holds, without quoting it', () => {
    expect(() => searchJmesPath('a', parseJson('{"a": 1e400}'))).toThrow(
      new JmesPathError('cannot be used: the value holds a number that is too large'),
    );
  });
});

describe('checkJmesPath', () => {
  it.for([
    ['.username', 'is no JMESPath expression'],
    ['/username', 'is no JMESPath expression; put keys'],
    ['', 'is no JMESPath expression'],
    ['a[', 'is no JMESPath expression'],
    ['@(username)', 'is no JMESPath expression'],
    ['`x`', 'is no JMESPath expression'],
    ['api-key', 'calculates, which paths cannot; put keys with - or / in quotes'],
    ['a.b[?c > `1` + `2`]', 'calculates'],
    ['-num', 'calculates'],
    ['$.username', 'uses a newer form'],
    ['let $a = b in $a', 'uses a newer form'],
    ["a ? 'b' : 'c'", 'uses a newer form'],
    ['&username', 'has & outside of a function'],
    ['upper(username)', 'calls the unknown function upper()'],
    ['constructor(username)', 'calls the unknown function constructor()'],
    ['map(&trim(@), list)', 'calls the unknown function trim()'],
    ['{a: items(b)}', 'calls the unknown function items()'],
    ['a'.repeat(5000), 'is longer than 4096 characters'],
    ['('.repeat(4000), 'is no JMESPath expression'],
  ] as const)('says of %s that it %s', ([expression, reason]) => {
    expect(checkJmesPath(expression)).toContain(reason);
  });

  it('finds nothing wrong with a path', () => {
    expect(checkJmesPath("users[?name=='a'].{p: to_string(pass)} | [0].p")).toBeUndefined();
  });

  it('throws for no text, and no other error comes out of a search', () => {
    const words = fc.constantFrom(
      'a',
      'list',
      '[',
      ']',
      '*',
      '.',
      '(',
      ')',
      '&',
      '|',
      '?',
      '`1`',
      "'x'",
      '@',
      '{',
      '}',
      ':',
      ',',
      'sort_by',
      '!',
      '==',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((parts) => parts.join('')),
        ),
        (expression) => {
          expect(errorOf(expression)).toBeOneOf([undefined, JmesPathError]);
        },
      ),
    );
  });
});

/** The class of what a search throws. */
function errorOf(expression: string): unknown {
  try {
    searchJmesPath(expression, document);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.constructor : error;
  }
}
