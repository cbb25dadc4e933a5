import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { startAwsStore } from './aws-store.ts';
import { readClassSecrets } from './class-secrets.ts';
import { demonstrate } from './demonstration.ts';
import { mountAll } from './first-mounts.ts';
import type { PlayedVolume } from './mount-request.ts';
import { PlayedDriver } from './played-driver.ts';
import { PlayedSync } from './played-sync.ts';
import { createPodTokens, type PodTokens } from './pod-tokens.ts';
import { ProviderClients } from './provider-clients.ts';
import { republishUntilStopped } from './republish.ts';
import { createScreen, type Screen } from './screen.ts';
import { SecretsFile } from './secrets-file.ts';
import { showSecrets } from './show-secrets.ts';
import type { Stage } from './stage.ts';
import { startVaultStore } from './vault-store.ts';
import { type PodExtras, type ProviderClass, toVolume } from './volumes.ts';

export interface SessionOptions {
  readonly classes: readonly ProviderClass[];
  readonly store: StoreChoice;
  /** The demo that ends by itself instead of the session that goes on until it is stopped. */
  readonly once: boolean;
  readonly reveal: boolean;
}

/** `vault`: a real one, entered with this token in place of the pods' own. */
export type StoreChoice =
  | { readonly kind: 'embedded'; readonly secretsPath: string }
  | { readonly kind: 'vault'; readonly address: string; readonly token: string };

export interface SessionDeps {
  readonly clock: Clock;
  /** Where the session makes its directory. Short: the paths of sockets must fit into about a hundred characters. */
  readonly temporaryRoot: string;
  /** Where the session prints. */
  readonly write: (text: string) => void;
  readonly colours: boolean;
  /** Starts the real provider with its sockets in `providerDir` and those stores as the defaults. */
  readonly startProvider: (place: {
    readonly providerDir: string;
    readonly stores: StoreAddresses;
    readonly versionKeyFile: string;
  }) => Promise<RunningProvider>;
  readonly stop: AbortSignal;
}

export interface StoreAddresses {
  readonly vault: string;
  /** Undefined: there is none, as the played pods mean nothing to a real AWS. */
  readonly aws: string | undefined;
}

export interface RunningProvider {
  readonly names: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * A provider, its stores and a driver on this machine, in a directory that is removed at the end. Answers whether everything that was
 * to be seen was seen. Throws SecretError when a part cannot start.
 */
export async function runSession(options: SessionOptions, deps: SessionDeps): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  const screen = createScreen(deps.write, deps.colours);
  const tokens = createPodTokens(randomBytes(32), deps.clock);
  const directory = await realpath(await mkdtemp(join(deps.temporaryRoot, 'lockstep-')));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));

  const store = await openStore(options, { ...deps, directory, screen, tokens, cleanup });
  const providerDir = join(directory, 'sockets');
  await mkdir(providerDir, { mode: 0o700 });
  const versionKeyFile = join(directory, 'version-key');
  await writeFile(versionKeyFile, randomBytes(32), { mode: 0o600 });
  const provider = await deps.startProvider({ providerDir, stores: store.addresses, versionKeyFile });
  cleanup.defer(provider.stop);
  screen.step('Provider', `the real one, in ${providerDir}: ${provider.names.join(', ')}`);

  const clients = new ProviderClients(providerDir);
  cleanup.defer(() => clients.close());
  const driver = new PlayedDriver({ clients, tokens, clock: deps.clock });
  const kubeletDir = join(directory, 'kubelet');
  const volumes = new Map(options.classes.map((each) => [toVolume(each, kubeletDir, store.extras), each]));
  const sync = new PlayedSync(new Map([...volumes].map(([volume, each]) => [volume, readClassSecrets(each)])));
  const { clock, stop } = deps;
  const stage = { driver, sync, screen, clock, reveal: options.reveal, storeRequests: store.requests, stop };
  return await play([...volumes.keys()], options.once, { stage, secretsPath: store.secretsPath });
}

interface OpenStore {
  readonly addresses: StoreAddresses;
  readonly requests: (() => number) | undefined;
  /** The file to edit; undefined: there is none. */
  readonly secretsPath: string | undefined;
  readonly extras: PodExtras;
}

interface OpenStoreDeps {
  readonly clock: Clock;
  readonly directory: string;
  readonly screen: Screen;
  readonly tokens: PodTokens;
  /** Closes what is opened. */
  readonly cleanup: AsyncDisposableStack;
}

async function openStore({ store, once }: SessionOptions, deps: OpenStoreDeps): Promise<OpenStore> {
  const { clock, directory, screen, tokens, cleanup } = deps;
  if (store.kind === 'vault') {
    screen.step('Store', `Vault at ${store.address}, entered with the token of VAULT_TOKEN`);
    const extras = { volumeAttributes: { vaultAuthMethod: 'token' }, secrets: { token: store.token } };
    const addresses = { vault: store.address, aws: undefined };
    return { addresses, requests: undefined, secretsPath: undefined, extras };
  }
  const secretsPath = once ? join(directory, 'secrets.yaml') : resolve(store.secretsPath);
  if (once) await copySecrets(store.secretsPath, secretsPath);
  const file = SecretsFile.open({ path: secretsPath, clock, onProblem: screen.problem });
  const vault = await startVaultStore({ file, tokens, clock });
  cleanup.defer(vault.close);
  const aws = await startAwsStore({ file, tokens, clock });
  cleanup.defer(aws.close);
  screen.step('Stores', `embedded, over ${once ? 'a copy of ' : ''}${store.secretsPath}`);
  screen.line(`Vault-shaped ${vault.address}, AWS-shaped ${aws.address}`);
  return {
    addresses: { vault: vault.address, aws: aws.address },
    requests: () => vault.requests() + aws.requests(),
    secretsPath,
    extras: { volumeAttributes: {}, secrets: null },
  };
}

/** The demo edits its file, and the one that it was given is not its own. */
async function copySecrets(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (cause) {
    throw new SecretError('FILE_UNREADABLE', `${from}: cannot be copied; check its name and permissions`, { cause });
  }
}

async function play(
  volumes: readonly PlayedVolume[],
  once: boolean,
  { stage, secretsPath }: { readonly stage: Stage } & Pick<OpenStore, 'secretsPath'>,
): Promise<boolean> {
  const { screen } = stage;
  screen.step('Driver', `played here, with a pod and its volume for each class: ${volumes.length}`);
  const mounted = await mountAll(volumes, stage);
  const areMade = await showSecrets(mounted, stage);
  if (once && secretsPath !== undefined) {
    const demonstrated = mounted.length > 0 && (await demonstrate(mounted, secretsPath, stage));
    return demonstrated && areMade && mounted.length === volumes.length;
  }
  screen.step('Republish', 'every 2 s, as kubelet does every minute; end with Ctrl-C');
  if (secretsPath !== undefined) screen.line(`Edit this file to see a rotation: ${screen.paint.bold(secretsPath)}`);
  await republishUntilStopped(volumes, stage);
  return true;
}
