import { type AwsBackends, loadAwsBackends } from './aws-backends.ts';
import { createVaultBackend } from './backends/vault/backend.ts';
import type { VaultPolicy } from './backends/vault/policy.ts';
import type { StoreConfig } from './config/store-config.ts';
import type { RoleReader } from './core/role-reader.ts';
import type { TokenIssuer } from './core/token-issuer.ts';
import type { Clock } from './platform/clock.ts';
import type { Component } from './platform/lifecycle.ts';
import type { Logger } from './platform/logger.ts';
import type { Metrics } from './platform/metrics.ts';
import type { Backends } from './resolve/backends.ts';

/** What every part of a daemon is given. */
export interface Tools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface StoresOptions {
  readonly hasAws: boolean;
  /** Where callers bring no token. */
  readonly tokenIssuer: TokenIssuer | undefined;
  readonly roles: RoleReader | undefined;
}

export interface Stores {
  readonly backends: Backends;
  readonly components: readonly Component[];
}

/** The backends of all stores, as the flags want them. Throws CONFIG_INVALID. */
export async function createStores(config: StoreConfig, tools: Tools, options: StoresOptions): Promise<Stores> {
  const { tokenIssuer, roles } = options;
  const { ignoredVariables } = config;
  if (ignoredVariables.length > 0) tools.logger.warn({ variables: ignoredVariables }, 'variables without effect');
  const vault = createVaultBackend({ ...tools, policy: toPolicy(config), ...(tokenIssuer && { tokenIssuer }) });
  const aws = options.hasAws ? await createAws(config, tools, { tokenIssuer, roles }) : undefined;
  return {
    backends: { vault, ...aws?.backends },
    components: [toComponent('vault', vault), ...(aws ? [toComponent('aws', aws)] : [])],
  };
}

async function createAws(
  config: StoreConfig,
  { clock, metrics }: Tools,
  { tokenIssuer, roles }: Pick<StoresOptions, 'tokenIssuer' | 'roles'>,
): Promise<AwsBackends> {
  const modes = { failover: config.awsFailover, batch: config.awsBatch };
  return await loadAwsBackends({
    clock,
    metrics,
    defaults: config.stores.aws,
    ...modes,
    ...(roles && { roles }),
    ...(tokenIssuer && { tokenIssuer }),
  });
}

function toPolicy({ vaultAddresses, fileRoots, forbidSkipVerify, stores }: StoreConfig): VaultPolicy {
  return {
    ...(vaultAddresses && { addresses: vaultAddresses }),
    ...(fileRoots && { fileRoots }),
    forbidSkipVerify,
    defaults: [stores.vault, stores.openbao],
  };
}

function toComponent(store: string, backend: { close(): Promise<void> }): Component {
  return { name: `${store} backend`, start: () => Promise.resolve(), stop: () => backend.close() };
}
