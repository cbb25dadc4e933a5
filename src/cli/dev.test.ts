import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPodTokens } from '../dev/pod-tokens.ts';
import { SecretsFile } from '../dev/secrets-file.ts';
import { startVaultStore } from '../dev/vault-store.ts';
import { systemClock } from '../platform/clock.ts';
import { lintManifest } from '../spc/lint.ts';
import { readProviderClasses } from './provider-class.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-dev-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the program as a user does, with temporary files in a directory of the test's own. */
function runDev(...flags: readonly string[]): Promise<Ended> {
  const env = { TMPDIR: directory };
  return new Promise((resolve) => {
    const options = { env, timeout: 10_000, encoding: 'utf8' as const };
    execFile(process.execPath, ['src/main.ts', 'dev', ...flags], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

describe('lockstep dev --once', () => {
  it('mounts the examples, shows a rotation and leaves nothing behind', async () => {
    const secrets = await readFile('deploy/examples/secrets.yaml', 'utf8');
    const { code, out, err } = await runDev('--once');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of ['aws-secrets', 'mixed', 'openbao', 'sync', 'vault-dynamic', 'vault-json', 'vault-kv']) {
      expect(out).toMatch(new RegExp(`^  ${name} .*mounted in \\d+ ms$`, 'm'));
    }
    expect(out).toMatch(/├─ db\/password +0400 +\d+ B {2}co\*\*\* {2}version \S{8}$/m);
    expect(out).toMatch(/vault-kv {2}db\/password {2}co\*\*\* → ro\*\*\* {2}version \S{8} → \S{8}$/m);
    expect(out).toMatch(/mixed {2}db-password {2}co\*\*\* → ro\*\*\* /);
    expect(out).toMatch(/aws-secrets {2}payments-api-key {2}pa\*\*\* → ro\*\*\* {2}version 00000001 → 00000002$/m);
    expect(out).toMatch(/^ {2}vault-kv {2}Secret shop-database kubernetes\.io\/basic-auth$/m);
    expect(out).toMatch(/└─ password +21 B {2}co\*\*\*$/m);
    expect(out).toMatch(/vault-kv {2}Secret shop-database {2}password {2}co\*\*\* → ro\*\*\*$/m);
    expect(out).toMatch(/The new values are mounted \d+ ms after the edit\./);
    expect(out).toMatch(/350 more calls to Mount: \d+\.\d ms each, \d+ calls to the stores/);
    expect(out).not.toContain('\u001B');
    expect(await readFile('deploy/examples/secrets.yaml', 'utf8')).toBe(secrets);
    expect(await readdir(directory)).toEqual([]);
  });

  it('gives the leased credentials of a pod once, however often it is republished', async () => {
    const { out } = await runDev(
      '--once',
      '--reveal',
      '-f',
      'deploy/examples/vault-dynamic.yaml',
      '-f',
      'deploy/examples/vault-kv.yaml',
    );

    expect(out.match(/username .*v-shop-readonly-/g)).toHaveLength(1);
    expect(out).not.toMatch(/username .*→/);
  });

  it('says which object could not be mounted, and fails', async () => {
    const file = join(directory, 'broken.yaml');
    const example = await readFile('deploy/examples/vault-kv.yaml', 'utf8');
    await writeFile(file, example.replace('kv/legacy', 'kv/nowhere'));
    const { code, out } = await runDev('--once', '-f', file);
    await rm(file);

    expect(code).toBe(1);
    expect(out).toMatch(/! NOT_FOUND: .*legacy-token/);
  });

  it.for([
    [
      'names a field that is unknown',
      'key: password',
      'keyy: password',
      /secretObjects\[0\]\.data\[1\]: has a field "keyy".*key\?/,
    ],
    [
      'names a file that is not there',
      'objectName: db/password\n          key',
      'objectName: db/passwort\n          key',
      /SECRET_INVALID: Secret shop-database: key "password" of object "db\/passwort": .* did you mean "db\/password"\?/,
    ],
  ] as const)('fails when a Secret %s', async ([, written, mistaken, message]) => {
    const file = join(directory, 'broken-secret.yaml');
    const example = await readFile('deploy/examples/vault-kv.yaml', 'utf8');
    await writeFile(file, example.replace(written, mistaken));
    const { code, out } = await runDev('--once', '-f', file);
    await rm(file);

    expect(code).toBe(1);
    expect(out).toMatch(message);
    expect(out).toMatch(/The new value is mounted/);
  });
});

interface Running {
  readonly child: ChildProcess;
  /** Resolves when the output so far matches; rejects when the program ends before. */
  readonly until: (pattern: RegExp) => Promise<string>;
}

function startDev(flags: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ['src/main.ts', 'dev', ...flags], {
    env: { TMPDIR: directory, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 15_000,
  });
  let out = '';
  const checks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const check of checks) check();
  });
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (pattern.test(out)) resolve(out);
      };
      checks.add(check);
      child.once('exit', () => reject(new Error(`ended before ${String(pattern)}:\n${out}`)));
      check();
    });
  return { child, until };
}

describe('lockstep dev', () => {
  it('shows every edit of the secrets file until Ctrl-C, and then leaves nothing behind', async () => {
    const secrets = join(directory, 'mine.yaml');
    const text = await readFile('deploy/examples/secrets.yaml', 'utf8');
    await writeFile(secrets, text);
    const { child, until } = startDev(['--reveal', '--secrets', secrets, '-f', 'deploy/examples/vault-kv.yaml']);

    expect(await until(/Edit this file/)).toContain(secrets);
    await writeFile(secrets, 'secret: [broken');
    await until(/! .*mine\.yaml: .*the last good state stays in force/);
    await writeFile(secrets, text.replace('correct-horse-battery', 'another-value'));
    await until(/db\/password {2}correct-horse-battery → another-value/);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await rm(secrets);
    expect(await readdir(directory)).toEqual([]);
  });

  it('shows edits of what AWS holds, and why a class cannot become a role', async () => {
    const secrets = join(directory, 'aws.yaml');
    const text = await readFile('deploy/examples/secrets.yaml', 'utf8');
    await writeFile(secrets, text);
    const roleless = join(directory, 'roleless.yaml');
    const example = await readFile('deploy/examples/aws-secrets.yaml', 'utf8');
    await writeFile(roleless, example.replace(/^ +roleArn:.*\n/m, ''));
    const files = ['-f', 'deploy/examples/mixed.yaml', '-f', roleless];
    const { child, until } = startDev(['--reveal', '--log-level', 'error', '--secrets', secrets, ...files]);

    expect(await until(/Edit this file/)).toMatch(/! \w+: .*has no role.*set roleArn/);
    await writeFile(secrets, text.replace('log-level: info', 'log-level: debug').replace('mail-77c1e93b', 'mail-next'));
    await until(/mixed {2}log-level {2}info → debug {2}version 1 → 2/);
    await until(/mixed {2}password {2}mail-77c1e93b → mail-next/);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await Promise.all([rm(secrets), rm(roleless)]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('mounts from a real Vault with the token of the environment', async () => {
    const tokens = createPodTokens(Buffer.alloc(32, 7), systemClock);
    const identity = { namespace: 'a', serviceAccount: 'b', podName: 'c', podUid: 'd' };
    const path = 'deploy/examples/secrets.yaml';
    const file = SecretsFile.open({ path, clock: systemClock, onProblem: () => undefined });
    const vault = await startVaultStore({ file, tokens, clock: systemClock });
    const login = await fetch(`${vault.address}/v1/auth/any/login`, {
      method: 'POST',
      body: JSON.stringify({ jwt: tokens.issue(identity, 'vault').token, role: 'me' }),
    });
    const { auth } = (await login.json()) as { readonly auth: { readonly client_token: string } };

    const flags = ['--vault-address', vault.address, '-f', 'deploy/examples/vault-kv.yaml'];
    const { child, until } = startDev(flags, { VAULT_TOKEN: auth.client_token });
    expect(await until(/Republish/)).toMatch(/├─ db\/password +0400 +21 B {2}co\*\*\*/);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await vault.close();
  });

  it.for([
    ['a manifest that is not there', ['-f', 'no.yaml'], 1, /no\.yaml cannot be read/],
    ['a manifest without a class', ['-f', 'deploy/examples/secrets.yaml'], 1, /holds no SecretProviderClass/],
    ['a secrets file that is not there', ['--secrets', 'no.yaml'], 1, /no\.yaml/],
    ['a real Vault without a token', ['--vault-address', 'http://127.0.0.1:1'], 2, /VAULT_TOKEN/],
  ] as const)('refuses %s', async ([, flags, code, message]) => {
    const ended = await runDev(...flags);

    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(message);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('the examples', async () => {
  const names = (await readdir('deploy/examples')).filter((name) => name !== 'secrets.yaml');

  it.for(names)('%s is one class as a cluster takes it, for the address of the daemon', async (name) => {
    const text = await readFile(join('deploy/examples', name), 'utf8');
    const [found, ...others] = readProviderClasses({ file: name, text });

    expect(others).toEqual([]);
    expect(lintManifest(text, name)).toEqual([]);
    expect(`${found?.name}.yaml`).toBe(name);
    expect([...(found?.parameters.keys() ?? [])]).not.toContain('vaultAddress');
    expect(text).toContain('apiVersion: secrets-store.csi.x-k8s.io/v1\n');
    expect(text).toMatch(new RegExp(`^# +secretProviderClass: ${found?.name}$`, 'm'));
  });
});
