import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type DevConfig, devFlags, type ProviderPlace, readDevConfig } from '../config/dev-config.ts';
import { SecretError } from '../core/errors.ts';
import { problemsError } from '../core/problem.ts';
import type { RunningProvider, SessionOptions } from '../dev/session.ts';
import { systemClock } from '../platform/clock.ts';
import { type Command, defineCommand } from './command.ts';
import type { CreateProviderApp } from './daemon.ts';
import type { Host } from './host.ts';
import { readManifestFile } from './manifest-file.ts';
import { type ProviderClass, readProviderClasses } from './provider-class.ts';

const notes = `Everything runs on this machine: the real provider on sockets in a temporary directory, a Vault-shaped
and an AWS-shaped store on loopback ports, and a driver that mounts and republishes. Needs no cluster, no Vault and no AWS.

Examples:
  npm run demo                                            the tour that ends by itself
  npm run dev                                             goes on; edit the file that it names
  npm run dev -- -f my-class.yaml --secrets my-secrets.yaml
  VAULT_TOKEN=… npm run dev -- -f my-class.yaml --vault-address https://vault.example:8200`;

/** `lockstep dev`: manifests tried out on this machine. What it plays with is not in the image. */
export function createDevCommand(createApp: CreateProviderApp): Command {
  return defineCommand({
    flags: devFlags,
    notes,
    read: readDevConfig,
    async run({ config }, host) {
      const { runSession } = await loadSession();
      const done = await runSession(await toOptions(config, host), {
        clock: systemClock,
        temporaryRoot: tmpdir(),
        write: host.out,
        colours: process.stdout.isTTY && !host.env['NO_COLOR'],
        startProvider: (place) => startProvider(createApp, config, host, place),
        stop: host.stop,
      });
      return done ? 0 : 1;
    },
  });
}

/** The bundle of the image leaves src/dev out. */
async function loadSession(): Promise<typeof import('../dev/session.ts')> {
  try {
    return await import('../dev/session.ts');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new SecretError('CONFIG_INVALID', 'dev needs a checkout of lockstep; this build leaves it out', {
      cause: error,
    });
  }
}

async function toOptions(config: DevConfig, host: Host): Promise<SessionOptions> {
  const { vault, once, reveal } = config;
  const secretsPath = config.secrets ?? relative('', join(examples, exampleSecrets));
  return {
    classes: await readClasses(config.file ?? (await exampleFiles()), host),
    store: vault === undefined ? { kind: 'embedded', secretsPath } : { kind: 'vault', ...vault },
    once,
    reveal,
  };
}

async function readClasses(files: readonly string[], host: Host): Promise<readonly ProviderClass[]> {
  const manifests = await Promise.all(files.map((file) => readManifestFile(file, host)));
  const classes = manifests.flatMap(readProviderClasses);
  if (classes.length > 0) return classes;
  throw new SecretError('MANIFEST_INVALID', `manifest ${files.join(', ')}: holds no SecretProviderClass`);
}

const examples = fileURLToPath(new URL('../../deploy/examples/', import.meta.url));
const exampleSecrets = 'secrets.yaml';

async function exampleFiles(): Promise<readonly string[]> {
  const names = await readdir(examples);
  return names
    .filter((name) => name.endsWith('.yaml') && name !== exampleSecrets)
    .toSorted()
    .map((name) => join(examples, name));
}

async function startProvider(
  createApp: CreateProviderApp,
  { readProvider }: DevConfig,
  host: Host,
  place: ProviderPlace,
): Promise<RunningProvider> {
  const provider = readProvider(place);
  if (!provider.ok) throw problemsError(provider.problems);
  const app = await createApp(provider.value, { write: host.err });
  await app.start(host.stop);
  return { names: provider.value.providers, stop: () => app.stop(host.force) };
}
