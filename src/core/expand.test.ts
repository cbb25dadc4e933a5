import { describe, expect, it } from 'vitest';

import { plannedObject, versionInput } from '../../test/fakes/planned-object.ts';
import { SecretError } from './errors.ts';
import { type SelectedFile, selectFiles } from './expand.ts';
import type { PlannedObject } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { Payload } from './payload.ts';
import { hmacVersion } from './version.ts';

const response = { kind: 'response' } as const;
const config = { kind: 'key', key: 'config' } as const;

describe('selectFiles without expand', () => {
  it('is one file as the object says', () => {
    const object = plannedObject({ path: 'db/user', mode: 0o400 });

    expect(files('{"data":{"username":"alice"}}', object)).toEqual([
      { name: 'db-user', path: 'db/user', mode: 0o400, version: object.version, contents: 'alice' },
    ]);
  });
});

describe('selectFiles with expand', () => {
  it.for<readonly [string, PlannedObject['select']]>([
    ['{"data":{"data":{"a":"text","b":{"z":1,"y":1.0}},"metadata":{}}}', response],
    ['{"data":{"a":"text","b":{"z":1,"y":1.0}}}', response],
    ['{"data":{"config":{"a":"text","b":{"z":1,"y":1.0}}}}', config],
    ['{"data":{"config":"{\\"a\\":\\"text\\",\\"b\\":{\\"z\\":1,\\"y\\":1.0}}"}}', config],
  ])('makes of %s a file for each key', ([body, select]) => {
    const object = plannedObject({ expand: true, select, mode: 0o600 });

    expect(files(body, object)).toEqual([
      { name: 'a', path: 'a', mode: 0o600, version: { kind: 'hmac', input: `${versionInput}"a"` }, contents: 'text' },
      {
        name: 'b',
        path: 'b',
        mode: 0o600,
        version: { kind: 'hmac', input: `${versionInput}"b"` },
        contents: '{"y":1.0,"z":1}',
      },
    ]);
  });

  it('decodes the parent before it is expanded', () => {
    const encoded = Buffer.from('{"k":"v"}').toString('base64');
    const object = plannedObject({ expand: true, select: config, encoding: 'base64' });

    expect(files(`{"data":{"config":"${encoded}"}}`, object)).toMatchObject([{ path: 'k', contents: 'v' }]);
  });

  it('gives equal contents under different keys different versions', () => {
    const object = plannedObject({ expand: true, select: response });
    const key = SecretBytes.from(new Uint8Array(32));
    const versions = select('{"data":{"a":"same","b":"same"}}', object).map((file) =>
      file.version.kind === 'hmac' ? hmacVersion(key, file.version.input, file.contents) : '',
    );

    expect(new Set(versions).size).toBe(2);
  });

  it('keeps directories, odd names and names of prototypes', () => {
    const object = plannedObject({ expand: true, select: response });
    const paths = files('{"data":{"dir/file":"1","__proto__":"2","tls.crt":"3","ä ✓":"4"}}', object);

    expect(paths.map((file) => file.path)).toEqual(['dir/file', '__proto__', 'tls.crt', 'ä ✓']);
  });

  it('makes no file of an empty object', () => {
    expect(files('{"data":{"config":{}}}', plannedObject({ expand: true, select: config }))).toEqual([]);
  });

  it.for(['"hunter2"', '"[1]"', '7', 'null', '["hunter2"]', '"{\\"a\\":1} x"', '""'])(
    'refuses the value %s, which is no object, without quoting it',
    (value) => {
      const error = refusal(`{"data":{"config":${value}}}`, plannedObject({ expand: true, select: config }));

      expect(error.code).toBe('EXPAND_FAILED');
      expect(error.message).toContain(
        'object "db-user" (/v1/secret/data/db) cannot be expanded: the value of key "config" is no JSON object',
      );
      expect(error.message).not.toContain('hunter2');
    },
  );

  it('names every key that cannot be a file, and no value', () => {
    const data = { '../etc': 'hunter2', ok: 'hunter2', '/abs': 'hunter2', '': 'hunter2', '..data': 'hunter2' };
    const error = refusal(JSON.stringify({ data }), plannedObject({ expand: true, select: response }));

    expect(error.code).toBe('EXPAND_FAILED');
    expect(error.message).toContain('"../etc" has an element `..`, "/abs" is absolute');
    expect(error.message).toContain('"" is empty, "..data" starts with `..`');
    expect(error.message).not.toContain('"ok"');
    expect(error.message).not.toContain('hunter2');
  });

  it('names ten of them at most', () => {
    const data = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`/${index}`, 'v']));
    const error = refusal(JSON.stringify({ data }), plannedObject({ expand: true, select: response }));

    expect(error.message).toContain('and 990 more');
    expect(error.message.length).toBeLessThan(1000);
  });

  it('fails as the object itself when its key is missing or cannot be decoded', () => {
    const object = plannedObject({ expand: true, select: config, encoding: 'hex' });

    expect(refusal('{"data":{"other":"v"}}', object).code).toBe('KEY_MISSING');
    expect(refusal('{"data":{"config":{"a":1}}}', object).code).toBe('DECODE_FAILED');
  });
});

function select(body: string, object: PlannedObject): readonly SelectedFile[] {
  return selectFiles(new Payload(SecretBytes.from(body)), object);
}

/** With contents that a test can compare. */
function files(
  body: string,
  object: PlannedObject,
): readonly (Omit<SelectedFile, 'contents'> & { contents: string })[] {
  return select(body, object).map((file) => ({ ...file, contents: file.contents.reveal().toString() }));
}

function refusal(body: string, object: PlannedObject): SecretError {
  try {
    select(body, object);
  } catch (error) {
    if (error instanceof SecretError) return error;
  }
  throw new Error('nothing was refused');
}
