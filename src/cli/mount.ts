import { homedir } from 'node:os';

import { loadAwsBackends } from '../aws-backends.ts';
import { createVaultBackend } from '../backends/vault/backend.ts';
import { type MountConfig, mountFlags, readMountConfig } from '../config/mount-config.ts';
import { SecretError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Resolver } from '../core/resolver.ts';
import { systemClock } from '../platform/clock.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createVersionKey, readVersionKey } from '../platform/version-key.ts';
import { openVolume } from '../platform/volume-writer.ts';
import { createResolver } from '../resolve/resolver.ts';
import { isProviderName } from '../core/provider-names.ts';
import { classDialects, createDialects } from '../spc/dialect.ts';
import { type Command, defineCommand } from './command.ts';
import type { Host } from './host.ts';
import { readManifestFile } from './manifest-file.ts';
import { createMountSession } from './mount-session.ts';
import { createOperator } from './operator.ts';
import { classError, findProviderClass } from './provider-class.ts';

const notes = `Files, modes and contents are those that a pod would see; names and versions are printed, values never.
Without --credential and --token-file it enters Vault with VAULT_TOKEN (BAO_TOKEN first for openbao), else with the
token that vault login left in ~/.vault-token, and AWS with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN. The store variables VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT, AWS_REGION and their kin count
where the manifest says nothing.

Examples:
  lockstep mount -f spc.yaml -o ./secrets
  lockstep mount -f all.yaml --name shop-db -o /run/secrets --watch
  lockstep mount -f spc.yaml -o ./secrets --credential role_id=role.txt --credential secret_id=secret.txt
  lockstep mount -f spc.yaml -o ./secrets --token-file vault=/var/run/secrets/tokens/vault`;

/** `lockstep mount`: what a pod would see, written to a directory of this machine. */
export function createMountCommand(): Command {
  return defineCommand({
    flags: mountFlags,
    notes,
    read: readMountConfig,
    async run({ config }, host) {
      const plan = await createPlan(config, host);
      const volume = await openVolume(config.outputDir, { clock: systemClock });
      await using source = await createSource(config, plan, host);
      const session = createMountSession({ clock: systemClock, host, plan, volume, resolver: source.resolver });
      await (config.watch ? session.watch() : session.once());
      return 0;
    },
  });
}

/** Parity: the mode that kubelet asks for, and the driver passes on, for files whose manifest says none. */
const defaultMode = 0o644;

async function createPlan(config: MountConfig, host: Host): Promise<Plan> {
  const manifest = await readManifestFile(config.file, host);
  const providerClass = findProviderClass(manifest, config.name);
  const { provider, parameters, name } = providerClass;
  if (!isProviderName(provider)) {
    const known = Object.keys(classDialects).join(', ');
    throw new SecretError(
      'MANIFEST_INVALID',
      `class ${name}: spec.provider "${provider}" is unknown; write one of ${known}`,
    );
  }
  const caller = await createOperator(config, providerClass, host.env['HOME'] || homedir());
  const plan = createDialects({ cacheSize: 1 })[provider]({ parameters, caller, defaultMode }, config.stores);
  if (!plan.ok) throw classError(manifest.file, providerClass, plan.problems);
  return plan.value;
}

interface Source extends AsyncDisposable {
  readonly resolver: Resolver;
}

/** The parts of the daemon, for one caller who may send his own credentials wherever he likes. */
async function createSource(config: MountConfig, plan: Plan, host: Host): Promise<Source> {
  const clock = systemClock;
  const logger = createLogger({ level: config.logLevel, format: config.logFormat, write: host.err });
  const metrics = createMetrics();
  const { vault, openbao } = config.stores;
  const versionKey =
    config.versionKeyFile === undefined ? createVersionKey() : await readVersionKey(config.versionKeyFile);
  const policy = { forbidSkipVerify: false, defaults: [vault, openbao] };
  const vaultBackend = createVaultBackend({ clock, logger, metrics, policy });
  const usesAws = plan.objects.some(({ ref }) => ref.kind !== 'vault');
  const modes = { failover: 'lazy', batch: 'off' } as const;
  const aws = usesAws ? await loadAwsBackends({ clock, metrics, defaults: config.stores.aws, ...modes }) : undefined;
  const limits = { refreshIntervalMs: 0, minRefreshIntervalMs: 0, staleIfErrorMs: 0, maxBytes: maxCacheBytes };
  const resolver = createResolver({
    backends: { vault: vaultBackend, ...aws?.backends },
    clock,
    logger,
    metrics,
    versionKey,
    limits,
  });
  return {
    resolver,
    async [Symbol.asyncDispose]() {
      await vaultBackend.close();
      await aws?.close();
    },
  };
}

const maxCacheBytes = 16 * 1024 * 1024;
