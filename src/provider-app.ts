import packageJson from '../package.json' with { type: 'json' };
import type { CreateProviderApp } from './cli/daemon.ts';
import type { ProviderConfig } from './config/provider-config.ts';
import type { Resolver } from './core/resolver.ts';
import type { RoleReader } from './core/role-reader.ts';
import type { SecretBytes } from './core/secret-bytes.ts';
import type { StoreDefaults } from './core/store-defaults.ts';
import type { TokenIssuer } from './core/token-issuer.ts';
import { createProviderServer, type ProviderServer } from './csi/provider-server.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createHttpEndpoints, type HttpEndpointsDeps } from './platform/http-endpoints.ts';
import { isInCluster } from './kube/client/in-cluster.ts';
import { LearnedValue } from './platform/learned-value.ts';
import { type Component, createLifecycle } from './platform/lifecycle.ts';
import { createLogger, type Logger } from './platform/logger.ts';
import { createMetrics } from './platform/metrics.ts';
import { createVersionKey, readVersionKey } from './platform/version-key.ts';
import { createResolver, type ResolverLimits } from './resolve/resolver.ts';
import { createDialects } from './spc/dialect.ts';
import { createStores, type Tools } from './stores.ts';

/** Mounts in flight get so long to end; a pod's grace period has to be a little longer. */
const stopTimeoutMs = 115_000;
/** Mount calls that wait for a place before the next is told that we are busy. */
const maxWaiting = 1000;
/** Bytes of requests and replies in memory at once. */
const maxRequestBytes = 64 * 1024 * 1024;
/** Bytes of values kept in memory. */
const maxCacheBytes = 32 * 1024 * 1024;
/** Parsed classes kept: more than a node has. */
const maxParsedClasses = 1000;

/** The composition root of the provider: builds every part and wires ports to adapters. Throws SecretError. */
export const createProviderApp: CreateProviderApp = async (config, { write }) => {
  const clock = systemClock;
  const logger = createLogger({ level: config.logLevel, format: config.logFormat, write });
  const tools: Tools = { clock, logger, metrics: createMetrics() };
  const versionKey = await loadVersionKey(config, logger);
  const tokenIssuer = await loadTokenIssuer(config);
  const hasAws = config.providers.some((name) => awsProviders.has(name));
  const roles = hasAws ? await createRoles(config, clock) : undefined;
  const stores = await createStores(config, tools, { hasAws, tokenIssuer, roles });
  const resolver = createResolver({ ...tools, backends: stores.backends, versionKey, limits: toLimits(config) });
  const region = createRegion(config, tools);
  const server = createServer(config, { resolver, stores: toStores(config.stores, region) }, tools);
  const flush = (): void => {
    resolver.flush();
    logger.info('value cache flushed');
  };
  const endpoints = createEndpoints(config, { ready: () => server.ready(), flush }, tools);
  const components = [...stores.components, ...(region ? [region] : []), endpoints, toServerComponent(server)];
  const lifecycle = createLifecycle({ clock, logger, components, stopTimeoutMs });
  return { ...lifecycle, logger, flush };
};

/** What mounts are planned and resolved with. */
interface Domain {
  readonly resolver: Resolver;
  /** The same object until something changes: plans are kept by it. */
  readonly stores: () => StoreDefaults;
}

function createServer(config: ProviderConfig, { resolver, stores }: Domain, tools: Tools): ProviderServer {
  const dialects = createDialects({ cacheSize: maxParsedClasses });
  return createProviderServer({
    ...tools,
    resolver,
    plan: (provider, input) => dialects[provider](input, stores()),
    options: {
      providerDir: config.providerDir,
      providers: config.providers,
      takeover: config.takeover,
      mountDeadlineMs: config.mountDeadline,
      maxMounts: config.maxMounts,
      maxWaiting,
      maxBytes: maxRequestBytes,
    },
    runtimeVersion: packageJson.version,
  });
}

/** An event loop that answers is all there is to being alive: whatever else fails is retried, not restarted. */
function createEndpoints(
  config: ProviderConfig,
  answers: Pick<HttpEndpointsDeps, 'ready' | 'flush'>,
  { logger, metrics }: Tools,
): Component {
  if (config.metricsAddress !== undefined) metrics.collectProcessMetrics();
  const { registry } = metrics;
  return createHttpEndpoints({ ...answers, address: config.metricsAddress, registry, logger, live: () => undefined });
}

async function loadVersionKey({ versionKeyFile }: ProviderConfig, logger: Logger): Promise<SecretBytes> {
  if (versionKeyFile !== undefined) return readVersionKey(versionKeyFile);
  const remedy =
    'make a key for all nodes with: head -c 32 /dev/urandom > version-key; then name it with --version-key-file';
  logger.warn({ remedy }, 'object versions change at every restart');
  return createVersionKey();
}

/** Kubernetes is loaded, and needed, for the fallback alone. */
async function loadTokenIssuer(config: ProviderConfig): Promise<TokenIssuer | undefined> {
  if (!config.tokenRequestFallback) return undefined;
  const [{ loadKubeConfig }, { createTokenIssuer }] = await Promise.all([
    import('./kube/client/kube-config.ts'),
    import('./kube/tokens/token-issuer.ts'),
  ]);
  return createTokenIssuer(loadKubeConfig(config.kubeconfig));
}

const awsProviders: ReadonlySet<string> = new Set(['aws', 'lockstep-aws', 'lockstep']);

/**
 * Undefined without Kubernetes. Loaded when the first class leaves the role to the annotation of its account; a kubeconfig
 * that was named must be usable at once.
 */
async function createRoles(config: ProviderConfig, clock: Clock): Promise<RoleReader | undefined> {
  if (!hasKubernetes(config)) return undefined;
  const load = async (): Promise<RoleReader> => {
    const [{ loadKubeConfig }, { createRoleReader }] = await Promise.all([
      import('./kube/client/kube-config.ts'),
      import('./kube/tokens/role-reader.ts'),
    ]);
    return createRoleReader(loadKubeConfig(config.kubeconfig), { clock });
  };
  let loaded: Promise<RoleReader> | undefined;
  if (config.kubeconfig !== undefined) loaded = Promise.resolve(await load());
  return {
    async roleOf(caller, options) {
      loaded ??= load();
      return await (await loaded).roleOf(caller, options);
    },
  };
}

/** The region that classes mean when neither they nor AWS_REGION say one: that of the node, where Kubernetes knows it. */
function createRegion(config: ProviderConfig, { clock, logger }: Tools): LearnedValue | undefined {
  const { nodeName, stores } = config;
  const isWanted = stores.aws.region === undefined && config.providers.some((name) => awsProviders.has(name));
  if (!isWanted || nodeName === undefined || !hasKubernetes(config)) return undefined;
  const learn = async (signal: AbortSignal): Promise<string | undefined> => {
    const [{ loadKubeConfig }, { readNodeRegion }] = await Promise.all([
      import('./kube/client/kube-config.ts'),
      import('./kube/node-region.ts'),
    ]);
    return await readNodeRegion(loadKubeConfig(config.kubeconfig), nodeName, signal);
  };
  return new LearnedValue({ clock, logger, name: 'region of the node', learn });
}

function toStores(stores: StoreDefaults, region: LearnedValue | undefined): () => StoreDefaults {
  let current = stores;
  return () => {
    const value = region?.value;
    if (value !== undefined && current.aws.region !== value)
      current = { ...stores, aws: { ...stores.aws, region: value } };
    return current;
  };
}

function hasKubernetes({ kubeconfig }: ProviderConfig): boolean {
  return kubeconfig !== undefined || isInCluster();
}

function toLimits(config: ProviderConfig): ResolverLimits {
  return {
    refreshIntervalMs: config.refreshInterval,
    minRefreshIntervalMs: config.minRefreshInterval,
    staleIfErrorMs: config.staleIfError,
    maxBytes: maxCacheBytes,
  };
}

function toServerComponent(server: ProviderServer): Component {
  return {
    name: 'provider sockets',
    start: () => server.start(),
    async stop(hurry) {
      const force = (): void => server.force();
      if (hurry.aborted) force();
      hurry.addEventListener('abort', force, { once: true });
      await server.stop();
      hurry.removeEventListener('abort', force);
    },
  };
}
