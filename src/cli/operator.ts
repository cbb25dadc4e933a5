import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { MountConfig } from '../config/mount-config.ts';
import type { Caller } from '../core/caller.ts';
import { SecretError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { ProviderClass } from './provider-class.ts';

/**
 * Who asks when a person runs `lockstep mount`: the only caller with ambient credentials. Those count when no flag names
 * any: for AWS the keys of the variables; for Vault the token of the variable, else of the file that `vault login` leaves in
 * `home`. Throws FILE_UNREADABLE.
 */
export async function createOperator(
  config: MountConfig,
  { namespace, provider }: Pick<ProviderClass, 'namespace' | 'provider'>,
  home: string,
): Promise<Caller> {
  const secrets = await readAll('--credential', config.credential);
  const tokens = await readAll('--token-file', config.tokenFile);
  if (secrets.size === 0 && tokens.size === 0) {
    const ambient = await readAmbient(config, provider, home);
    for (const [key, value] of ambient) secrets.set(key, value);
  }
  return { kind: 'operator', namespace, serviceAccount: '', tokens, secrets };
}

/** What is of use for the stores of that provider; `lockstep` mixes them. */
async function readAmbient(
  config: MountConfig,
  provider: string,
  home: string,
): Promise<ReadonlyMap<string, SecretBytes>> {
  if (provider.endsWith('aws')) return config.ambientAwsKeys;
  const flavour = provider.endsWith('openbao') ? 'openbao' : 'vault';
  const token = config.ambientToken[flavour] ?? (await readLoginToken(home));
  const keys = provider === 'lockstep' ? config.ambientAwsKeys : [];
  return new Map([...keys, ...(token === undefined ? [] : [['token', token] as const])]);
}

async function readAll(flag: string, files: ReadonlyMap<string, string>): Promise<Map<string, SecretBytes>> {
  const contents = new Map<string, SecretBytes>();
  for (const [key, file] of files) {
    try {
      contents.set(key, trimEnd(await readFile(file)));
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
      throw new SecretError('FILE_UNREADABLE', `${flag} ${key}=${file}: the file cannot be read (${reason})`, {
        cause: error,
      });
    }
  }
  return contents;
}

/** Where the command line of Vault and OpenBao keeps the token of the last login. Not having one is no mistake. */
async function readLoginToken(home: string): Promise<SecretBytes | undefined> {
  const bytes = await readFile(join(home, '.vault-token')).catch(() => Buffer.alloc(0));
  const token = trimEnd(bytes);
  return token.size > 0 ? token : undefined;
}

/** Editors end a file with a line break, which is no part of the credential. */
function trimEnd(bytes: Buffer): SecretBytes {
  let end = bytes.byteLength;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return SecretBytes.from(bytes.subarray(0, end));
}
