import { describe, expect, it } from 'vitest';

import { awsObject } from '../../test/fakes/aws-objects.ts';
import { SecretError } from './errors.ts';
import { selectFiles } from './expand.ts';
import { Payload } from './payload.ts';
import type { PlannedObject } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';

const json = '{ "user": "alice", "port": 5432, "db": {"host": "h"}, "secret": "hunter2" }\n';

function files(value: string | Uint8Array, changes: Partial<PlannedObject>): readonly (readonly [string, string])[] {
  const payload = new Payload(SecretBytes.from(value));
  return selectFiles(payload, awsObject(changes)).map((file) => [file.path, file.contents.reveal().toString('latin1')]);
}

function refusal(value: string, changes: Partial<PlannedObject>): SecretError {
  try {
    files(value, changes);
  } catch (error) {
    if (error instanceof SecretError) return error;
  }
  throw new Error('nothing was refused');
}

const find = (expression: string) => ({ select: { kind: 'jmesPath', expression } }) as const;

describe('a value as it is', () => {
  it.for(['', 'text\r\n', json, '\ufeff'])('keeps %j', (value) => {
    expect(files(Buffer.from(value), {})).toEqual([['app_db', Buffer.from(value).toString('latin1')]]);
  });

  it('keeps bytes that are no text', () => {
    expect(files(Buffer.from([0, 255, 128]), {})).toEqual([['app_db', '\u0000\u00ff\u0080']]);
  });
});

describe('a part of a value', () => {
  it.for([
    ['user', 'alice'],
    ['db.host', 'h'],
    ['to_string(port)', '5432'],
    ['to_string(db)', '{"host":"h"}'],
  ] as const)('is with %s %s', ([expression, text]) => {
    expect(files(json, find(expression))).toEqual([['app_db', text]]);
  });

  it.for([
    [json, 'usr', 'KEY_MISSING', 'jmesPath "usr" finds nothing there; the secret has "user", "port"'],
    [json, 'usr', 'KEY_MISSING', 'did you mean "user"?'],
    [json, 'db.port', 'KEY_MISSING', 'jmesPath "db.port" finds nothing'],
    ['null', 'user', 'KEY_MISSING', 'the secret has no keys'],
    [
      json,
      'port',
      'SELECT_FAILED',
      'jmesPath "port" finds a number; only a string can become a file: write to_string(port)',
    ],
    [json, 'db', 'SELECT_FAILED', 'finds an object'],
    [json, 'keys(@)', 'SELECT_FAILED', 'finds a list'],
    [json, '!user', 'SELECT_FAILED', 'finds a boolean'],
    [json, 'keys(user)', 'SELECT_FAILED', 'jmesPath "keys(user)" cannot be used here: keys() needs an object'],
    ['hunter2', 'user', 'SELECT_FAILED', 'the value is no JSON'],
    [`${json}x`, 'user', 'SELECT_FAILED', 'the value is no JSON'],
    [`\ufeff${json}`, 'user', 'SELECT_FAILED', 'the value is no JSON'],
  ] as const)('of %j with %s fails with %s: %s', ([value, expression, code, message]) => {
    const error = refusal(value, find(expression));

    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.message).toContain('object "app_db" (secretsmanager us-east-1 app/db): ');
    expect(error.message).not.toContain('hunter2');
  });
});

describe('an expanded value', () => {
  it('is a file for each of its keys, with the version of the store', () => {
    const payload = new Payload(SecretBytes.from('{"b":"1","a":{"y":2,"x":1}}'));
    const selected = selectFiles(payload, awsObject({ expand: true, mode: 0o400 }));

    expect(selected.map(({ contents, ...file }) => ({ ...file, text: contents.reveal().toString() }))).toEqual([
      { name: 'b', path: 'b', mode: 0o400, version: { kind: 'store' }, text: '1' },
      { name: 'a', path: 'a', mode: 0o400, version: { kind: 'store' }, text: '{"x":1,"y":2}' },
    ]);
  });

  it.for(['hunter2', '["hunter2"]', ''])('must be a JSON object, not %j', (value) => {
    const error = refusal(value, { expand: true });

    expect(error).toMatchObject({ code: 'EXPAND_FAILED' });
    expect(error.message).toContain('cannot be expanded: the value is no JSON object');
    expect(error.message).not.toContain('hunter2');
  });
});
