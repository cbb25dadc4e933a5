import { randomBytes } from 'node:crypto';

import type { CreateControllerApp } from './cli/daemon.ts';
import { type ControllerConfig, leaseName } from './config/controller-config.ts';
import { SecretBytes } from './core/secret-bytes.ts';
import { type Controller, type ControllerDeps, createController } from './controller/controller.ts';
import { loadVersionKey } from './controller/version-key.ts';
import { createStartupTaint, type StartupTaintDeps } from './controller/startup-taint/startup-taint.ts';
import { createWatchedRoles } from './controller/watched-roles.ts';
import { createWatches } from './controller/watches.ts';
import { createAccountTokens } from './kube/tokens/account-tokens.ts';
import { alwaysLeader } from './kube/election/always-leader.ts';
import { readApiAudiences } from './kube/tokens/api-audiences.ts';
import type { ApiClient } from './kube/client/api-client.ts';
import { createElection, type Election } from './kube/election/election.ts';
import { createEventRecorder } from './kube/events/events.ts';
import { fence } from './kube/election/fence.ts';
import { createApiClient } from './kube/client/http-api-client.ts';
import { loadKubeConfig } from './kube/client/kube-config.ts';
import type { ReflectorDeps } from './kube/watch/reflector.ts';
import { systemClock } from './platform/clock.ts';
import { createHttpEndpoints } from './platform/http-endpoints.ts';
import { type Component, createLifecycle } from './platform/lifecycle.ts';
import { createLogger } from './platform/logger.ts';
import { createMetrics } from './platform/metrics.ts';
import { readVersionKey } from './platform/version-key.ts';
import { createWorkloadWatches } from './rollout/workloads/workload-watches.ts';
import { createResolver } from './resolve/resolver.ts';
import { createDialects } from './spc/dialect.ts';
import { createStores, type Tools } from './stores.ts';

/** What is in work may end within this time; a pod's grace period has to be a little longer. */
const stopTimeoutMs = 25_000;
/** Bytes of values kept in memory. */
const maxCacheBytes = 16 * 1024 * 1024;
/** Parsed classes kept: only those that many syncs share are looked at again soon. */
const maxParsedClasses = 100;
const random = Math.random;

/** The composition root of the controller: builds every part and wires ports to adapters. Throws SecretError. */
export const createControllerApp: CreateControllerApp = async (config, { write }) => {
  const logger = createLogger({ level: config.logLevel, format: config.logFormat, write });
  const tools: Tools = { clock: systemClock, logger, metrics: createMetrics() };
  const kubeConfig = loadKubeConfig(config.kubeconfig);
  const client = createApiClient(kubeConfig, tools);
  const election = electLeader(config, client, tools);
  const fenced = fence(client, election);
  const versionKey = await loadKey(config, client);
  const watches = createWatches(config, { ...tools, client, random });
  const apiAudiences = readApiAudiences(kubeConfig);
  const tokens = createAccountTokens(fenced, { ...tools, audiences: config.audiences, apiAudiences });
  const stores = await createStores(config, tools, {
    hasAws: true,
    tokenIssuer: tokens,
    roles: createWatchedRoles(watches.accounts),
  });
  const resolver = createResolver({ ...tools, backends: stores.backends, versionKey, limits });
  const dialects = createDialects({ cacheSize: maxParsedClasses });
  const events = createEventRecorder({ ...tools, client: fenced, instance: config.identity, random });
  const controller = createController({
    ...tools,
    client: fenced,
    election,
    events,
    watches,
    resolver,
    plan: (provider, input) => dialects[provider](input, config.stores),
    forgetAccount: (namespace, name) => tokens.forget(namespace, name),
    random,
    digestKey: SecretBytes.from(randomBytes(32)),
    rollouts: toRollouts(config, versionKey, { ...tools, client, random }),
    options: { intervalMs: config.interval, workers: config.workers, perObjectMetrics: config.perObjectMetrics },
  });
  const flush = (): void => {
    resolver.flush();
    logger.info('value cache flushed');
  };
  const endpoints = createEndpoints(config, { controller, flush }, tools);
  const api: Component = { name: 'API client', start: () => Promise.resolve(), stop: () => client.close() };
  const nodes = watchNodes(config, { ...tools, client: fenced, election, random });
  const components = [api, ...stores.components, endpoints, election, events, ...controller.components, ...nodes];
  return { ...createLifecycle({ ...tools, components, stopTimeoutMs }), logger, flush };
};

/** A sync says itself how fresh its values must be, and falls back on its own Secret. */
const limits = { refreshIntervalMs: 0, minRefreshIntervalMs: 0, staleIfErrorMs: 0, maxBytes: maxCacheBytes };

function electLeader(config: ControllerConfig, client: ApiClient, tools: Tools): Election {
  if (!config.leaderElect) return alwaysLeader(tools);
  const lease = { namespace: config.leaseNamespace, name: leaseName };
  return createElection({ ...tools, client, random, identity: config.identity, lease });
}

function toRollouts(
  config: ControllerConfig,
  versionKey: SecretBytes,
  deps: ReflectorDeps,
): ControllerDeps['rollouts'] {
  const { rollouts, rolloutMaxConcurrent: maxConcurrent, rolloutFieldManager: fieldManager } = config;
  if (!rollouts) return undefined;
  const options = { maxConcurrent, fieldManager, understandsReloader: config.reloaderAnnotations };
  return { workloads: createWorkloadWatches(config, deps), versionKey, options };
}

function watchNodes(
  { startupTaint: key, namespace, providerSelector }: ControllerConfig,
  deps: Omit<StartupTaintDeps, 'options'>,
): readonly Component[] {
  if (key === undefined) return [];
  return createStartupTaint({ ...deps, options: { key, namespace, providerSelector } });
}

async function loadKey(config: ControllerConfig, client: ApiClient): Promise<SecretBytes> {
  if (config.versionKeyFile !== undefined) return await readVersionKey(config.versionKeyFile);
  const { namespace, versionKeySecret: name } = config;
  return await loadVersionKey(client, { namespace, name }, { signal: new AbortController().signal });
}

function createEndpoints(
  { metricsAddress: address }: ControllerConfig,
  { controller, flush }: { readonly controller: Controller; readonly flush: () => void },
  { logger, metrics }: Tools,
): Component {
  if (address !== undefined) metrics.collectProcessMetrics();
  const { registry } = metrics;
  const ready = (): Promise<string | undefined> => Promise.resolve(controller.ready());
  return createHttpEndpoints({ address, registry, logger, flush, ready, live: () => controller.live() });
}
