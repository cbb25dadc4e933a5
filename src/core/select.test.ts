import { describe, expect, it } from 'vitest';

import { plannedObject, vaultRef } from '../../test/fakes/planned-object.ts';
import { SecretError } from './errors.ts';
import type { PlannedObject } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { Payload } from './payload.ts';
import { selectContents } from './select.ts';

const kv2 = '{"request_id":"r","data":{"data":{"username":"alice","password":"p"},"metadata":{"version":1}}}';

describe('selectContents', () => {
  it.for([
    [kv2, 'username', 'alice'],
    ['{"data":{"username":"bob"}}', 'username', 'bob'],
    ['{"data":{"data":"text","other":"o"}}', 'data', 'text'],
    ['{"data":{"data":["x"],"sibling":"y"}}', 'sibling', 'y'],
    ['{"data":{"data":null,"sibling":"y"}}', 'data', 'null'],
    ['{"data":{"data":{"data":{"k":"deep"}}}}', 'data', '{"k":"deep"}'],
    ['{"data":{"a.b":"dot"}}', 'a.b', 'dot'],
    ['{"data":{"k":1.0}}', 'k', '1.0'],
    ['{"data":{"k":false}}', 'k', 'false'],
    ['{"data":{"k":null}}', 'k', 'null'],
    ['{"data":{"k":""}}', 'k', ''],
    ['{"data":{"k":{"b":1,"a":"<"}}}', 'k', '{"a":"\\u003c","b":1}'],
    ['{"data":{"k":"{\\"b\\":1, \\"a\\":2}"}}', 'k', '{"b":1, "a":2}'],
    ['{"data":{"__proto__":"p"}}', '__proto__', 'p'],
    ['{"k":"raw"}', 'k', 'raw'],
  ] as const)('of %s by the key %j is %j', ([body, key, contents]) => {
    expect(select(body, { select: { kind: 'key', key } })).toBe(contents);
  });

  it('of a response is the whole answer, whatever the encoding', () => {
    expect(select(kv2, { select: { kind: 'response' }, encoding: 'base64' })).toBe(
      '{"request_id":"r","lease_id":"","lease_duration":0,"renewable":false,"data":{"data":{"password":"p","username":"alice"},"metadata":{"version":1}},"warnings":null}',
    );
  });

  it('decodes what the key selects, a number as its text', () => {
    const body = '{"data":{"b64":"AP/+","hex":"00FF","number":1234}}';

    expect(bytes(body, { select: { kind: 'key', key: 'b64' }, encoding: 'base64' })).toBe('00fffe');
    expect(bytes(body, { select: { kind: 'key', key: 'hex' }, encoding: 'hex' })).toBe('00ff');
    expect(bytes(body, { select: { kind: 'key', key: 'number' }, encoding: 'hex' })).toBe('1234');
  });
});

describe('a missing key', () => {
  it('is named with its object, its path, and what there is instead', () => {
    const error = refusal(kv2, { select: { kind: 'key', key: 'user_name' } });

    expect(error.code).toBe('KEY_MISSING');
    expect(error.message).toBe(
      'object "db-user" (/v1/secret/data/db): key "user_name" does not exist there; the secret has "username", "password"; did you mean "username"?',
    );
  });

  it.for(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'metadata', 'a.b'])('may be called %j', (key) => {
    expect(refusal(kv2, { select: { kind: 'key', key } }).code).toBe('KEY_MISSING');
  });

  it('lists ten keys at most, and none of their values', () => {
    const data = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`name-${index}`, 'hunter2']));
    const { message } = refusal(JSON.stringify({ data }), { select: { kind: 'key', key: 'other' } });

    expect(message).toContain('"name-9" and 4990 more');
    expect(message).not.toContain('"name-10"');
    expect(message).not.toContain('hunter2');
  });

  it('keeps its message short when keys are long', () => {
    const data = { ['k'.repeat(1_000_000)]: 'v' };
    const { message } = refusal(JSON.stringify({ data }), { select: { kind: 'key', key: 'x'.repeat(1_000_000) } });

    expect(message.length).toBeLessThan(300);
  });

  it.for(['{"request_id":"r","data":{}}', '{"request_id":"r","data":null}', ''])(
    'of %j says that there are no keys',
    (body) => {
      expect(refusal(body, {}).message).toContain('the secret has no keys');
    },
  );
});

describe('a value that cannot be decoded', () => {
  it.for(['base64', 'hex'] as const)('is named as no %s, and never quoted', (encoding) => {
    const error = refusal('{"data":{"username":"hunter2 is no code"}}', { encoding });

    expect(error.code).toBe('DECODE_FAILED');
    expect(error.message).toContain(
      `object "db-user" (/v1/secret/data/db): the value of key "username" is no ${encoding}`,
    );
    expect(error.message).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });
});

describe('Payload', () => {
  it('refuses what is no answer of Vault, without quoting it', () => {
    const parse = (): unknown => new Payload(SecretBytes.from('{"data":"hunter2"}')).vaultAnswer();

    expect(parse).toThrow(new SecretError('VAULT_ANSWER_INVALID', 'data: must be an object, not a string'));
  });
});

function select(body: string, changes: Partial<PlannedObject>): string {
  return contentsOf(body, changes).reveal().toString();
}

function bytes(body: string, changes: Partial<PlannedObject>): string {
  return contentsOf(body, changes).reveal().toString('hex');
}

function contentsOf(body: string, changes: Partial<PlannedObject>): SecretBytes {
  return selectContents(new Payload(SecretBytes.from(body)), plannedObject({ ref: vaultRef, ...changes }));
}

function refusal(body: string, changes: Partial<PlannedObject>): SecretError {
  try {
    contentsOf(body, changes);
  } catch (error) {
    if (error instanceof SecretError) return error;
  }
  throw new Error('nothing was refused');
}
