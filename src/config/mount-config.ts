import type { Parsed } from '../core/problem.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { StoreDefaults } from '../core/store-defaults.ts';
import { readAmbientAwsKeys } from './aws-environment.ts';
import { pairs, text, toggle } from './flag-kinds.ts';
import { type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';
import { logFlags } from './log-flags.ts';
import { readStoreEnvironment } from './store-environment.ts';

const what = 'What and where';
const credentials = 'Credentials';

/** Flags of `lockstep mount`. */
export const mountFlags = {
  file: {
    schema: text(),
    short: 'f',
    value: 'FILE',
    help: 'Manifest with the SecretProviderClass; - for standard input',
    group: what,
  },
  name: {
    schema: text().optional(),
    value: 'SPC',
    help: 'Which SecretProviderClass of the file; not needed when there is one',
    group: what,
  },
  outputDir: {
    schema: text(),
    short: 'o',
    value: 'DIR',
    help: 'Where the files go: a new directory, or one that lockstep made',
    group: what,
  },
  watch: {
    schema: toggle(),
    help: "Repeat at the manifest's refreshInterval until a signal, and print what changed",
    group: what,
  },
  credential: {
    schema: pairs(),
    value: 'KEY=FILE',
    help: 'In place of nodePublishSecretRef: token, role_id, secret_id, tls.crt, tls.key; may be repeated',
    group: credentials,
    repeats: true,
  },
  tokenFile: {
    schema: pairs(),
    value: 'AUDIENCE=FILE',
    help: "A service-account token for an audience, in place of the pod's; may be repeated",
    group: credentials,
    repeats: true,
  },
  versionKeyFile: {
    schema: text().optional(),
    value: 'FILE',
    help: '32 raw bytes, to print the versions that the provider reports',
    group: what,
  },
  ...logFlags({ level: 'warn', format: 'text' }),
} satisfies Flags;

/** Everything that `lockstep mount` is told. */
export interface MountConfig extends Readonly<FlagValues<typeof mountFlags>> {
  readonly stores: StoreDefaults;
  /** VAULT_TOKEN and BAO_TOKEN: a person's own, which only this command may use. */
  readonly ambientToken: { readonly vault?: SecretBytes; readonly openbao?: SecretBytes };
  /** AWS_ACCESS_KEY_ID and what goes with it, by the names under which the backend looks for them; likewise a person's own. */
  readonly ambientAwsKeys: ReadonlyMap<string, SecretBytes>;
}

/** Flags and store variables together; the mistakes of both at once. */
export function readMountConfig(given: Given, env: Environment): Parsed<MountConfig> {
  const flags = readFlags(mountFlags, given, env);
  const store = readStoreEnvironment(env);
  if (!flags.ok || !store.ok) {
    return { ok: false, problems: [flags, store].flatMap((read) => (read.ok ? [] : read.problems)) };
  }
  const vault = env['VAULT_TOKEN'];
  const openbao = env['BAO_TOKEN'] || vault;
  const ambientToken = {
    ...(vault && { vault: SecretBytes.from(vault) }),
    ...(openbao && { openbao: SecretBytes.from(openbao) }),
  };
  return {
    ok: true,
    value: Object.freeze({
      ...flags.value,
      stores: store.value.stores,
      ambientToken,
      ambientAwsKeys: readAmbientAwsKeys(env),
    }),
  };
}
