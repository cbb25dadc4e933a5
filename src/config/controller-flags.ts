import { daemonFlags } from './daemon-flags.ts';
import {
  duration,
  integer,
  labelSelector,
  list,
  namespace,
  namespaces,
  objectName,
  taintKey,
  text,
  toggle,
} from './flag-kinds.ts';
import type { Flags } from './flag.ts';
import { storeFlags, versionFlags } from './store-flags.ts';

const scope = 'What is synced';
const load = 'Time and load';
const election = 'Leader election';
const rollouts = 'Rollouts';
const nodes = 'Nodes that start';

/** Flags of `lockstep controller`. */
export const controllerFlags = {
  namespaces: {
    schema: namespaces().optional(),
    value: 'LIST',
    help: 'Namespaces to sync; without it all',
    group: scope,
  },
  namespaceSelector: {
    schema: labelSelector().optional(),
    value: 'SELECTOR',
    help: 'Labels of the namespaces to sync, in place of --namespaces',
    group: scope,
  },
  audiences: {
    schema: list().refine((items) => items.length > 0, 'names no audience'),
    value: 'LIST',
    help: 'Audiences for which tokens of service accounts may be requested',
    group: scope,
    fallback: 'vault,sts.amazonaws.com',
  },
  interval: {
    schema: duration(1000),
    value: 'DURATION',
    help: 'How often a SecretProviderClassSync that says nothing asks its stores',
    group: load,
    fallback: '5m',
  },
  workers: {
    schema: integer({ min: 1, max: 1000 }),
    value: 'COUNT',
    help: 'Syncs worked on at a time',
    group: load,
    fallback: '16',
  },
  rollouts: {
    schema: toggle(),
    help: 'Roll out workloads when their Secrets change; needs permission to patch workloads',
    group: rollouts,
  },
  rolloutMaxConcurrent: {
    schema: integer({ min: 1, max: 1000 }),
    value: 'COUNT',
    help: 'Workloads of the cluster that roll out at a time',
    group: rollouts,
    fallback: '10',
  },
  rolloutFieldManager: {
    schema: text(),
    value: 'NAME',
    help: 'Owner of the annotations on pod templates, for the settings of GitOps tools',
    group: rollouts,
    fallback: 'lockstep-rollout',
  },
  reloaderAnnotations: {
    schema: toggle(),
    help: "Understand Reloader's annotations on workloads, for Secrets that are synced",
    group: rollouts,
  },
  startupTaint: {
    schema: taintKey().optional(),
    value: 'KEY',
    help: 'Taint that a node loses once its provider is ready; needs permission to patch nodes',
    group: nodes,
  },
  providerSelector: {
    schema: labelSelector(),
    value: 'SELECTOR',
    help: "Labels of the provider's pods, in the namespace of the controller, for --startup-taint",
    group: nodes,
    fallback: 'app.kubernetes.io/name=lockstep,app.kubernetes.io/component=provider',
  },
  leaderElect: {
    schema: toggle(),
    help: 'Work only while holding a Lease, so that of several replicas one works',
    group: election,
    fallback: 'true',
  },
  leaseNamespace: {
    schema: namespace().optional(),
    value: 'NAMESPACE',
    help: 'Where the Lease is kept (default: the namespace of the controller)',
    group: election,
  },
  ...versionFlags,
  versionKeySecret: {
    schema: objectName(),
    value: 'NAME',
    help: "Secret in the controller's namespace that holds that key, made when it is missing; --version-key-file wins",
    group: versionFlags.versionKeyFile.group,
    fallback: 'lockstep-version-key',
  },
  ...storeFlags,
  ...daemonFlags,
  perObjectMetrics: {
    schema: toggle(),
    help: 'Series of readiness and last success for each SecretProviderClassSync, not only in sum',
    group: daemonFlags.metricsAddress.group,
  },
} satisfies Flags;
