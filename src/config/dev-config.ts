import * as z from 'zod';

import type { Parsed, Problem } from '../core/problem.ts';
import type { ProviderName } from '../core/provider-names.ts';
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
    help: 'YAML file behind the embedded stores (default: deploy/examples/secrets.yaml)',
    group: store,
  },
  vaultAddress: {
    schema: text().optional(),
    value: 'URL',
    help: 'A real Vault or OpenBao instead of the embedded stores, entered with the token of VAULT_TOKEN',
    group: store,
  },
  reveal: { schema: toggle(), help: 'Print values as they are instead of masked', group: output },
  ...logFlags({ level: 'warn', format: 'text' }),
} satisfies Flags;

/** Everything that `lockstep dev` is told. */
export interface DevConfig extends Readonly<FlagValues<typeof devFlags>> {
  /** A real store instead of the embedded ones. */
  readonly vault: RealVault | undefined;
  /** The configuration of the provider that is started. */
  readonly readProvider: (place: ProviderPlace) => Parsed<ProviderConfig>;
}

/** What is known of the provider only when the session has begun. */
export interface ProviderPlace {
  readonly providerDir: string;
  /** `aws` undefined: a real Vault is played with, and nobody who would let the played pods into AWS. */
  readonly stores: { readonly vault: string; readonly aws: string | undefined };
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
  const readProvider: DevConfig['readProvider'] = ({ stores, ...place }) => {
    const { logLevel, logFormat } = value;
    const common = { ...place, refreshInterval: '1s', metricsAddress: 'off', logLevel, logFormat };
    const addresses = { VAULT_ADDR: stores.vault, BAO_ADDR: stores.vault };
    if (stores.aws === undefined) {
      // The token is the pods', not the daemon's.
      const real = { ...env, VAULT_TOKEN: undefined, BAO_TOKEN: undefined, ...addresses };
      return readProviderConfig({ ...common, providers: providersOfVault.join(',') }, real);
    }
    // What the environment says of real stores has nothing to do with the embedded ones.
    return readProviderConfig(common, { ...addresses, AWS_ENDPOINT_URL: stores.aws, AWS_REGION: playedRegion });
  };
  return { ok: true, value: Object.freeze({ ...value, vault, readProvider }) };
}

/** For classes that name none: the AWS-shaped store is the same in all of them. */
const playedRegion = 'eu-north-1';

const providersOfVault = [
  'vault',
  'openbao',
  'lockstep-vault',
  'lockstep-openbao',
] as const satisfies readonly ProviderName[];

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

const embeddedOnly = 'is about the embedded stores; leave out --vault-address';
