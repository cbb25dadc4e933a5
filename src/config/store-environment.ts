import { parseGoBool } from '../core/parse-bool.ts';
import { formatProblem, type Parsed, type Problem } from '../core/problem.ts';
import type { StoreDefaults, VaultDefaults } from '../core/store-defaults.ts';
import { readAwsEnvironment } from './aws-environment.ts';
import { configProblem, type Environment } from './flag.ts';
import { checkVaultAddress } from './vault-address.ts';

/** What the variables of the official providers say. */
export interface StoreEnvironment {
  readonly stores: StoreDefaults;
  /** Names of variables that are set and that lockstep does not use. */
  readonly ignored: readonly string[];
}

/**
 * Variables that the official providers read and lockstep does not, by the name after the prefix. Those that are set
 * are told to the operator. TOKEN is one of them because the daemon's identity must never serve a pod.
 */
const unsupported = [
  'TOKEN',
  'AGENT_ADDR',
  'CACERT_BYTES',
  'CLIENT_TIMEOUT',
  'MAX_RETRIES',
  'HEADERS',
  'SRV_LOOKUP',
  'WRAP_TTL',
  'RATE_LIMIT',
  'HTTP_PROXY',
  'PROXY_ADDR',
  'DISABLE_REDIRECTS',
];

/** The same for AWS: who the daemon is there must never serve a pod either. */
const unsupportedAws = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_DEFAULT_REGION',
];

/**
 * The defaults for manifests that say nothing. Vault reads `VAULT_*`; OpenBao `BAO_*` first, then `VAULT_*`.
 * AWS the usual ones (aws-environment.ts). An empty variable counts as none. All mistakes at once.
 */
export function readStoreEnvironment(env: Environment): Parsed<StoreEnvironment> {
  const problems: Problem[] = [];
  const vault = readVault(env, ['VAULT'], problems);
  const openbao = readVault(env, ['BAO', 'VAULT'], problems);
  const aws = readAwsEnvironment(env);
  if (!aws.ok) problems.push(...aws.problems);
  if (!aws.ok || problems.length > 0) return { ok: false, problems: withoutRepeats(problems) };
  const vaultNames = ['VAULT', 'BAO'].flatMap((prefix) => unsupported.map((name) => `${prefix}_${name}`));
  const ignored = [...vaultNames, ...unsupportedAws];
  return {
    ok: true,
    value: { stores: { vault, openbao, aws: aws.value }, ignored: ignored.filter((name) => env[name]) },
  };
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

function readVault(env: Environment, prefixes: readonly string[], problems: Problem[]): VaultDefaults {
  const find = (name: string): Variable => {
    const names = prefixes.map((prefix) => `${prefix}_${name}`);
    const set = names.find((candidate) => env[candidate]);
    return { name: set ?? `${prefixes[0]}_${name}`, value: (set && env[set]) ?? '' };
  };
  const clientCert = find('CLIENT_CERT');
  const clientKey = find('CLIENT_KEY');
  if ((clientCert.value === '') !== (clientKey.value === '')) {
    const [set, twin] = clientKey.value === '' ? [clientCert.name, 'KEY'] : [clientKey.name, 'CERT'];
    problems.push(configProblem(set, undefined, `goes with ${set.replace(/[A-Z]+$/, twin)}: set both or neither`));
  }
  return {
    // Parity: the address that the official providers assume when nobody says one.
    address: readAddress(find('ADDR'), problems) || 'https://127.0.0.1:8200',
    namespace: find('NAMESPACE').value,
    authMount: 'kubernetes',
    tls: {
      caFile: find('CACERT').value,
      caDirectory: find('CAPATH').value,
      serverName: find('TLS_SERVER_NAME').value,
      clientCertFile: clientCert.value,
      clientKeyFile: clientKey.value,
      skipVerify: readBoolean(find('SKIP_VERIFY'), problems),
    },
  };
}

function readAddress({ name, value }: Variable, problems: Problem[]): string {
  const reason = value === '' ? undefined : checkVaultAddress(value);
  if (reason !== undefined) problems.push(configProblem(name, undefined, reason));
  return value;
}

/** Parity: the words of Go's strconv.ParseBool. */
function readBoolean({ name, value }: Variable, problems: Problem[]): boolean {
  if (value === '') return false;
  const on = parseGoBool(value);
  if (on === undefined) problems.push(configProblem(name, value, 'must be true or false'));
  return on ?? false;
}

/** OpenBao falls back to the variables of Vault, so that one mistake is found twice. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...byText.values()];
}
