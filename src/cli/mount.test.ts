import { mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeHost, type FakeHostOptions } from '../../test/fakes/host.ts';
import { FakeVault } from '../../test/fakes/vault-server.ts';
import { createMountCommand } from './mount.ts';
import { runProgram } from './program.ts';

const manifest = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: shop
  namespace: shop
spec:
  provider: vault
  parameters:
    roleName: shop
    refreshInterval: 0s
    objects: |
      - objectName: db/password
        secretPath: secret/data/shop
        secretKey: password
        filePermission: 0600
      - objectName: all.json
        secretPath: secret/data/shop
`;

let home: string;
let vault: FakeVault;

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'lockstep-mount-')));
  vault = await FakeVault.start();
  vault.tokens.add('s.mine');
  setPassword('s3cret-1');
  await writeFile(join(home, 'spc.yaml'), manifest);
});

afterEach(async () => {
  await vault[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

function setPassword(password: string): void {
  vault.secrets.set('secret/data/shop', { data: { password } });
}

function start(argv: readonly string[], options: FakeHostOptions = {}) {
  const env = { VAULT_ADDR: vault.address, VAULT_TOKEN: 's.mine', ...options.env };
  const host = new FakeHost({ ...options, env });
  const commands = { mount: { summary: 'Mount', load: async () => createMountCommand() } };
  return { host, code: runProgram(['mount', ...argv], { commands, version: '0', host }) };
}

async function mount(argv: readonly string[], options?: FakeHostOptions) {
  const { host, code } = start(argv, options);
  return { code: await code, out: host.outText, err: host.errText };
}

function usual(...more: readonly string[]): readonly string[] {
  return ['-f', join(home, 'spc.yaml'), '-o', join(home, 'out'), ...more];
}

describe('lockstep mount', () => {
  it('writes the files of the class with the token of the environment, and prints no value', async () => {
    const { code, out, err } = await mount(usual());

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await readFile(join(home, 'out', 'db', 'password'), 'utf8')).toBe('s3cret-1');
    expect((await stat(join(home, 'out', 'db', 'password'))).mode & 0o7777).toBe(0o600);
    expect((await stat(join(home, 'out', 'all.json'))).mode & 0o7777).toBe(0o644);
    expect(out).toMatch(/^written db\/password \S{44}\nwritten all\.json \S{44}\n$/);
    expect(out).not.toContain('s3cret');
    expect(vault.calls).toEqual(['GET /v1/secret/data/shop']);
    expect(vault.requests[0]?.headers['x-vault-token']).toBe('s.mine');
  });

  it('leaves files alone that are current, and keeps versions with a key', async () => {
    await writeFile(join(home, 'key'), Buffer.alloc(32, 'k'));
    const first = await mount(usual('--version-key-file', join(home, 'key')));
    const second = await mount(usual('--version-key-file', join(home, 'key')));

    expect(second).toEqual({ code: 0, out: first.out.replaceAll('written', 'current'), err: '' });
  });

  it('tells a terminal what it does', async () => {
    const { err } = await mount(usual(), { isTerminal: true });

    expect(err).toMatch(/^reading 2 objects from http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it('logs in as the manifest says with the credentials of files, which win over the environment', async () => {
    await writeFile(join(home, 'jwt'), 'header.payload.signature\n');

    expect(await mount(usual('--token-file', `vault=${join(home, 'jwt')}`))).toMatchObject({ code: 0 });
    expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login', 'GET /v1/secret/data/shop']);
    expect(vault.requests[0]?.body).toBe('{"jwt":"header.payload.signature","role":"shop"}');
  });

  it('repeats with --watch, prints what changed, and ends with the signal', async () => {
    const { host, code } = start(usual('--watch'));
    await vi.waitFor(() => expect(host.outText).toContain('written all.json'));
    const before = host.outText.length;

    setPassword('s3cret-2');
    await vi.waitFor(() => expect(host.outText.slice(before)).toMatch(/^changed db\/password \S+\n/), 5000);
    host.terminate();

    expect(await code).toBe(0);
    expect(await readFile(join(home, 'out', 'db', 'password'), 'utf8')).toBe('s3cret-2');
    expect(host.outText + host.errText).not.toContain('s3cret');
  });

  it('keeps the files while the store refuses in between, and says so', async () => {
    const { host, code } = start(usual('--watch'));
    await vi.waitFor(() => expect(host.outText).toContain('written all.json'));

    vault.denied.add('secret/data/shop');
    await vi.waitFor(() => expect(host.errText).toMatch(/permission denied.*; the files stay as they are\n/), 5000);
    host.terminate();

    expect(await code).toBe(0);
    expect(await readFile(join(home, 'out', 'db', 'password'), 'utf8')).toBe('s3cret-1');
  });

  it('ends with 1 when it is interrupted before anything was written', async () => {
    vault.script({ route: '/v1/*', reply: 'hang' });
    const { host, code } = start(usual());
    await vi.waitFor(() => expect(vault.calls).toHaveLength(1));

    host.terminate();

    expect(await code).toBe(1);
    expect(host.errText).toBe('lockstep: interrupted; nothing was written\n');
  });

  it('writes nothing when one object fails, and says why', async () => {
    await writeFile(join(home, 'spc.yaml'), manifest.replace('secretKey: password', 'secretKey: pasword'));

    const { code, out, err } = await mount(usual());

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('pasword');
    expect((await readdir(join(home, 'out'))).filter((name) => !name.startsWith('..'))).toEqual([]);
  });

  it('refuses a directory of somebody else before it asks the store', async () => {
    const { code, err } = await mount(['-f', join(home, 'spc.yaml'), '-o', home]);

    expect(code).toBe(1);
    expect(err).toContain(`output ${home} was not made by lockstep; name a directory that does not exist yet`);
    expect(vault.calls).toEqual([]);
  });

  it('reports all problems of a manifest by line', async () => {
    await writeFile(join(home, 'spc.yaml'), manifest.replace('    roleName: shop\n', '').replace('0600', 'rw'));

    const { code, err } = await mount(usual());

    expect(code).toBe(1);
    expect(err).toMatch(/spc\.yaml is refused:\n(?: {2}.* line \d+: .*\n){2}$/);
  });

  it.for([
    {
      name: 'two classes',
      text: `${manifest}---\n${manifest.replace('name: shop', 'name: other')}`,
      reason: 'holds: shop, other; choose one with --name',
    },
    { name: 'no class', text: 'kind: Pod\n', reason: 'must hold exactly one SecretProviderClass, and holds: none' },
    {
      name: 'another provider',
      text: manifest.replace('provider: vault', 'provider: gcp'),
      reason: 'spec.provider "gcp" is unknown',
    },
  ])('refuses a file with $name', async ({ text: content, reason }) => {
    await writeFile(join(home, 'spc.yaml'), content);

    const { code, err } = await mount(usual());

    expect(code).toBe(1);
    expect(err).toContain(reason);
  });

  it('picks a class by name, also from standard input', async () => {
    const input = `${manifest.replace('name: shop', 'name: other').replace('db/password', 'other')}---\n${manifest}`;

    const { code, out } = await mount(['-f', '-', '--name', 'other', '-o', join(home, 'out')], { input });

    expect(code).toBe(0);
    expect(out).toContain('written other ');
  });

  it('reads a credential file or says which one it could not', async () => {
    const { code, err } = await mount(usual('--credential', `secret_id=${join(home, 'nothing')}`));

    expect({ code, err }).toEqual({
      code: 1,
      err: `lockstep: --credential secret_id=${join(home, 'nothing')}: the file cannot be read (ENOENT)\n`,
    });
  });
});
