import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readMountConfig } from '../config/mount-config.ts';
import { createOperator } from './operator.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lockstep-operator-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

async function secretsOf(
  env: Record<string, string>,
  given: Record<string, readonly string[]> = {},
  provider = 'vault',
) {
  const config = readMountConfig({ file: 'f', outputDir: 'o', ...given }, env);
  if (!config.ok) throw new Error('the test is wrong');
  const { kind, secrets, tokens } = await createOperator(config.value, { namespace: 'shop', provider }, home);
  const texts = [...secrets, ...tokens].map(([key, value]) => [key, value.reveal().toString()]);
  return { kind, secrets: Object.fromEntries(texts) as Record<string, string> };
}

describe('an operator', () => {
  it.for([
    { provider: 'vault', env: { VAULT_TOKEN: 'v', BAO_TOKEN: 'b' }, token: 'v' },
    { provider: 'openbao', env: { VAULT_TOKEN: 'v', BAO_TOKEN: 'b' }, token: 'b' },
    { provider: 'lockstep-openbao', env: { VAULT_TOKEN: 'v' }, token: 'v' },
    { provider: 'lockstep-vault', env: { BAO_TOKEN: 'b' }, token: 'from login' },
    { provider: 'vault', env: { VAULT_TOKEN: '' }, token: 'from login' },
  ])('of $provider with $env enters with the token "$token"', async ({ provider, env, token }) => {
    await writeFile(join(home, '.vault-token'), 'from login\n');

    expect(await secretsOf(env, {}, provider)).toEqual({ kind: 'operator', secrets: { token } });
  });

  const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
  const read = { accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: 't' };

  it.for([
    { provider: 'aws', env: { ...keys, VAULT_TOKEN: 'v' }, secrets: read },
    { provider: 'lockstep-aws', env: keys, secrets: read },
    { provider: 'lockstep', env: { ...keys, VAULT_TOKEN: 'v' }, secrets: { ...read, token: 'v' } },
    { provider: 'vault', env: { ...keys, VAULT_TOKEN: 'v' }, secrets: { token: 'v' } },
    { provider: 'aws', env: {}, secrets: {} },
  ])('of $provider with $env enters with $secrets', async ({ provider, env, secrets }) => {
    expect(await secretsOf(env, {}, provider)).toEqual({ kind: 'operator', secrets });
  });

  it('has no token when nobody gave one', async () => {
    expect(await secretsOf({})).toEqual({ kind: 'operator', secrets: {} });
  });

  it('overlooks what is no token file', async () => {
    await mkdir(join(home, '.vault-token'));

    expect(await secretsOf({})).toEqual({ kind: 'operator', secrets: {} });
  });

  it('enters with named credentials alone, without the line break at their end', async () => {
    await writeFile(join(home, 'secret'), 'one\r\n');
    await writeFile(join(home, 'cert'), '-----BEGIN-----\nx\n-----END-----\n');
    const credential = [`secret_id=${join(home, 'secret')}`, `tls.crt=${join(home, 'cert')}`];

    expect((await secretsOf({ VAULT_TOKEN: 'v' }, { credential })).secrets).toEqual({
      secret_id: 'one',
      'tls.crt': '-----BEGIN-----\nx\n-----END-----',
    });
  });

  it('never shows a token of the environment in its configuration', () => {
    expect(JSON.stringify(readMountConfig({ file: 'f', outputDir: 'o' }, { VAULT_TOKEN: 'hvs.secret' }))).not.toContain(
      'hvs',
    );
  });
});
