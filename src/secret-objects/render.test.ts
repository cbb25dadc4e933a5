import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createChain, openssl, toPfx } from '../../test/fakes/openssl.ts';
import { toFile } from '../../test/fakes/resolved-file.ts';
import { SecretError } from '../core/errors.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { checkDataKey } from './kube-syntax.ts';
import { renderSecret } from './render.ts';
import type { SecretObject } from './secret-object.ts';

const plain: SecretObject = {
  secretName: 'shop',
  type: 'Opaque',
  labels: { team: 'shop' },
  annotations: { note: 'x' },
  immutable: true,
  data: undefined,
};

/** `key: objectName` */
function toObject(type: string, data: Readonly<Record<string, string>>): SecretObject {
  return { ...plain, type, data: Object.entries(data).map(([key, objectName]) => ({ key, objectName })) };
}

const toFiles = (contents: Readonly<Record<string, string | Uint8Array>>): readonly ResolvedObject[] =>
  Object.entries(contents).map(([path, value]) => toFile(path, value));

async function render(object: SecretObject, files: Readonly<Record<string, string | Uint8Array>>) {
  const { data, ...rest } = await renderSecret(object, toFiles(files));
  return { ...rest, data: Object.fromEntries([...data].map(([key, value]) => [key, value.reveal().toString()])) };
}

async function failureOf(
  object: SecretObject,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<SecretError> {
  const error: unknown = await renderSecret(object, toFiles(files)).catch((reason: unknown) => reason);
  if (error instanceof SecretError) return error;
  throw new Error('not refused');
}

describe('renderSecret', () => {
  it('takes values from files, nested ones too, and everything else from the entry', async () => {
    const object = toObject('Opaque', { password: 'db/password', PASSWORD: 'db/password' });

    expect(await render(object, { 'db/password': 'geheim', other: 'x' })).toEqual({
      name: 'shop',
      type: 'Opaque',
      labels: { team: 'shop' },
      annotations: { note: 'x' },
      immutable: true,
      data: { password: 'geheim', PASSWORD: 'geheim' },
    });
  });

  it('takes every file when data is left out, with dots for slashes', async () => {
    expect((await render(plain, { 'db/a/password': '1', user: '2' })).data).toEqual({
      'db.a.password': '1',
      user: '2',
    });
  });

  it('keeps values byte for byte, PEM in other types than tls too', async () => {
    const pem = `junk\r\n-----BEGIN CERTIFICATE-----\r\nQUJD\r\n-----END CERTIFICATE-----`;
    const object = toObject('Opaque', { 'tls.crt': 'a', 'ca.crt': 'a', raw: 'b' });
    const { data } = await renderSecret(object, toFiles({ a: pem, b: Buffer.from([0, 0xff]) }));

    expect(data.get('ca.crt')?.reveal().toString()).toBe(pem);
    expect(data.get('tls.crt')?.reveal().toString()).toBe(pem);
    expect(data.get('raw')?.reveal()).toEqual(Buffer.from([0, 0xff]));
  });

  it('makes a Secret without data of objects that are all absent', async () => {
    expect((await render({ ...plain, data: [] }, {})).data).toEqual({});
  });

  it.for([
    [
      'an object is missing',
      { a: 'db/pasword' },
      'key "a" of object "db/pasword": there is no such object; did you mean "db/password"?',
    ],
    [
      'nothing is like it',
      { a: 'completely-different' },
      'key "a" of object "completely-different": there is no such object; the class has "db/password", "user"',
    ],
  ] as const)('says what there is when %s', async ([, data, message]) => {
    const { code, message: text } = await failureOf(toObject('Opaque', data), { 'db/password': 'geheim', user: 'x' });

    expect(code).toBe('SECRET_INVALID');
    expect(text).toBe(`Secret shop: ${message}`);
  });

  it('refuses files that would be one key, and paths that are no key', async () => {
    const { message } = await failureOf(plain, { 'a/b': '1', 'a.b': '2', 'a b': '3' });

    expect(message).toContain('the objects "a/b" and "a.b" would both be key "a.b"');
    expect(message).toContain('object "a b": "a b" is no key for a Secret');
  });

  it('names all problems in one message of bounded length', async () => {
    const data = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key-${index}`, `object-${index}`]));
    const { message } = await failureOf(toObject('kubernetes.io/ssh-auth', data), {});

    expect(message).toMatch(/^Secret shop: key "key-0" of object "object-0".*key "key-1" of object.* and \d+ more$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
  });

  it.for([
    ['kubernetes.io/basic-auth', { username: 'a' }],
    ['kubernetes.io/basic-auth', { password: 'empty' }],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': 'a', known_hosts: 'empty' }],
    ['kubernetes.io/dockercfg', { '.dockercfg': 'json' }],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'json' }],
    ['example.com/custom', { anything: 'empty' }],
  ] as const)('makes Secrets of type %s', async ([type, data]) => {
    const secret = await render(toObject(type, data), {
      a: 'x',
      empty: '',
      json: ' {"auths": {"r": {"auth": "eA=="}}} ',
    });

    expect(secret.type).toBe(type);
    expect(Object.keys(secret.data)).toEqual(Object.keys(data));
  });

  it.for([
    [
      'kubernetes.io/basic-auth',
      { user: 'a' },
      'the type kubernetes.io/basic-auth needs the key username or password; add it to data',
    ],
    [
      'kubernetes.io/ssh-auth',
      { key: 'a' },
      'the type kubernetes.io/ssh-auth needs the key ssh-privatekey; add it to data',
    ],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': 'empty' }, 'key "ssh-privatekey" of object "empty": it is empty'],
    ['kubernetes.io/dockercfg', { dockercfg: 'json' }, 'needs the key .dockercfg'],
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': 'a' },
      'key ".dockerconfigjson" of object "a": it is no JSON object',
    ],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'list' }, 'it is no JSON object'],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'null' }, 'it is no JSON object'],
    ['kubernetes.io/dockercfg', { '.dockercfg': 'huge' }, 'it is no JSON object'],
    ['kubernetes.io/dockercfg', { '.dockercfg': 'empty' }, 'it is no JSON object'],
    ['kubernetes.io/tls', { 'tls.key': 'a' }, 'the type kubernetes.io/tls needs the key tls.crt'],
  ] as const)('refuses for %s the data %j', async ([type, data, part]) => {
    const files = { a: 'top secret', empty: '', json: '{}', list: '[]', null: 'null', huge: '{"a": [1e999]}' };
    const { code, message } = await failureOf(toObject(type, data), files);

    expect(code).toBe('SECRET_INVALID');
    expect(message).toContain(part);
    expect(message).not.toContain('top secret');
  });

  it.for([
    ['kubernetes.io/service-account-token', /token of a service account/],
    ['bootstrap.kubernetes.io/token', /join nodes/],
  ] as const)('refuses the type %s, and says why', async ([type, reason]) => {
    const { code, message } = await failureOf(toObject(type, { token: 'a' }), { a: 'x' });

    expect(code).toBe('SECRET_TYPE_REFUSED');
    expect(message).toMatch(reason);
  });

  it('cuts TLS Secrets out of one bundle, and leaves further keys alone', async () => {
    const { key, leaf, intermediate } = createChain('ec');
    const bundle = `${key}${leaf}${intermediate}`;
    const object = toObject('kubernetes.io/tls', {
      'tls.crt': 'web',
      'tls.key': 'web',
      'ca.crt': 'web',
      'all.pem': 'web',
    });

    expect((await render(object, { web: bundle })).data).toEqual({
      'tls.crt': `${leaf}${intermediate}`,
      'tls.key': openssl(['ec'], key).toString(),
      'ca.crt': intermediate,
      'all.pem': bundle,
    });
  });

  it('takes the files of a class that are named after the keys', async () => {
    const { key, leaf } = createChain('rsa');
    const files = { 'tls.crt': leaf, 'tls.key': key, 'keystore/p12': toPfx(`${key}${leaf}`).toString('base64') };
    const { data } = await render({ ...plain, type: 'kubernetes.io/tls' }, files);

    expect(data['keystore.p12']).toBe(files['keystore/p12']);
    expect(Object.keys(data)).toEqual(['tls.crt', 'tls.key', 'keystore.p12']);
  });

  it('says of each part of a TLS Secret what is wrong with it', async () => {
    const { key, leaf } = createChain('ec');
    const object = toObject('kubernetes.io/tls', { 'tls.crt': 'key', 'tls.key': 'web', 'ca.crt': 'nowhere' });
    const { message } = await failureOf(object, { key, web: leaf });

    expect(message).toContain('key "tls.crt" of object "key": it holds no certificate');
    expect(message).toContain('key "tls.key" of object "web": it holds no private key');
    expect(message).toContain('key "ca.crt" of object "nowhere": there is no such object');
  });

  it('lets a Secret have 1 MiB of values and no more', async () => {
    const object = toObject('Opaque', { small: 'small', large: 'large' });
    const { data } = await renderSecret(object, toFiles({ small: 'x', large: Buffer.alloc(1024 * 1024 - 1) }));
    expect(data.get('large')?.size).toBe(1_048_575);

    const { code, message } = await failureOf(object, { small: 'x', large: Buffer.alloc(1024 * 1024) });
    expect(code).toBe('SECRET_TOO_LARGE');
    expect(message).toBe(
      'Secret shop: its data take 1,048,577 bytes of the 1,048,576 that Kubernetes allows; ' +
        'the largest keys are "large" with 1,048,576 bytes, "small" with 1 bytes; split it over several secretObjects',
    );
  });

  it('refuses what etcd has no room for, though the values are small enough', async () => {
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}`.padStart(253, 'x'), '']));
    const { code, message } = await failureOf(plain, files);

    expect(code).toBe('SECRET_TOO_LARGE');
    expect(message).toMatch(/with all names, labels and annotations it takes 1,\d{3},\d{3} bytes .* etcd/);
  });

  it('either makes a Secret that the API server takes or says why not, for any files', async () => {
    const path = fc.stringMatching(/^[a-c./_ ä-]{1,6}$/);
    const files = fc.dictionary(path, fc.string(), { maxKeys: 6 });
    const type = fc.constantFrom('Opaque', 'kubernetes.io/basic-auth', 'kubernetes.io/dockercfg', 'kubernetes.io/tls');
    await fc.assert(
      fc.asyncProperty(files, type, async (contents, wanted) => {
        const rendering = renderSecret({ ...plain, type: wanted }, toFiles(contents));
        const outcome = await rendering.then(
          ({ data }) => [...data.keys()].map((key) => checkDataKey(key) ?? 'fine'),
          (error: unknown) => (error instanceof SecretError ? error.code : error),
        );
        const allFine = Object.keys(contents).map(() => 'fine');
        expect(wanted === 'Opaque' ? [allFine, 'SECRET_INVALID'] : ['SECRET_INVALID']).toContainEqual(outcome);
      }),
    );
  });
});
