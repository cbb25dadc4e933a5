import * as z from 'zod';

import type { Parsed, Problem } from '../core/problem.ts';
import { text, toggle } from './flag-kinds.ts';
import { configProblem, type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';
import { logFlags } from './log-flags.ts';
import { type ProviderConfig, readProviderConfig } from './provider-config.ts';
import { checkVaultAddress } from './vault-address.ts';

const what = 'What is played';
const store = 'Store';
const output = 'Output';

/** Flags of `lockstep dev`. */
export const devFlags = {
  file: {
    schema: z.array(text()).optional(),
    short: 'f',
    value: 'FILE',
    help: 'Manifest with SecretProviderClasses to mount; may be repeated (default: all of deploy/examples)',
    group: what,
    repeats: true,
  },
  once: {
    schema: toggle(),
    help: 'Edit a copy of the secrets once, wait until the change is mounted, and end',
    group: what,
  },
  secrets: {
    schema: text().optional(),
    value: 'FILE',
    help: 'YAML file behind the embedded store (default: deploy/examples/secrets.yaml)',
    group: store,
  },
  vaultAddress: {
    schema: text().optional(),
    value: 'URL',
    help: 'A real Vault or OpenBao instead of the embedded store, entered with the token of VAULT_TOKEN',
    group: store,
  },
  reveal: { schema: toggle(), help: 'Print values as they are instead of masked', group: output },
  ...logFlags({ level: 'warn', format: 'text' }),
} satisfies Flags;

/** Everything that `lockstep dev` is told. */
export interface DevConfig extends Readonly<FlagValues<typeof devFlags>> {
  /** A real store instead of the embedded one. */
  readonly vault: RealVault | undefined;
  /** The configuration of the provider that is started. */
  readonly readProvider: (place: ProviderPlace) => Parsed<ProviderConfig>;
}

/** What is known of the provider only when the session has begun. */
export interface ProviderPlace {
  readonly providerDir: string;
  readonly storeAddress: string;
  readonly versionKeyFile: string;
}

export interface RealVault {
  readonly address: string;
  readonly token: string;
}

/** Flags and the token of a real Vault together; all mistakes at once. */
export function readDevConfig(given: Given, env: Environment): Parsed<DevConfig> {
  const flags = readFlags(devFlags, given, env);
  if (!flags.ok) return flags;
  const { value } = flags;
  const token = env['VAULT_TOKEN'] ?? '';
  const problems = value.vaultAddress === undefined ? [] : checkRealVault(value.vaultAddress, value, token);
  if (problems.length > 0) return { ok: false, problems };
  const vault = value.vaultAddress === undefined ? undefined : { address: value.vaultAddress, token };
  const readProvider: DevConfig['readProvider'] = ({ storeAddress, ...place }) => {
    const { logLevel, logFormat } = value;
    // What the environment says of a real store has nothing to do with the embedded one; the token is the pods', not the daemon's.
    const base = vault === undefined ? {} : { ...env, VAULT_TOKEN: undefined, BAO_TOKEN: undefined };
    return readProviderConfig(
      { ...place, refreshInterval: '1s', metricsAddress: 'off', logLevel, logFormat },
      { ...base, VAULT_ADDR: storeAddress, BAO_ADDR: storeAddress },
    );
  };
  return { ok: true, value: Object.freeze({ ...value, vault, readProvider }) };
}

function checkRealVault(address: string, flags: FlagValues<typeof devFlags>, token: string): readonly Problem[] {
  const reason = checkVaultAddress(address);
  const problems = [
    reason !== undefined && configProblem('--vault-address', undefined, reason),
    token === '' && configProblem('VAULT_TOKEN', undefined, 'is missing; --vault-address is entered with it'),
    flags.secrets !== undefined && configProblem('--secrets', undefined, embeddedOnly),
    flags.once && configProblem('--once', undefined, embeddedOnly),
  ];
  return problems.filter((problem) => problem !== false);
}

const embeddedOnly = 'is about the embedded store; leave out --vault-address';
