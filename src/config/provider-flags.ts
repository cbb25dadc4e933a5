import { addresses, choice, choices, duration, hostPort, integer, list, text, toggle } from './flag-kinds.ts';
import type { Flags } from './flag.ts';
import { logFlags } from './log-flags.ts';

/** The providers that are built, in the order in which readiness names them. */
export const providerNames = [
  'vault',
  'openbao',
  'aws',
  'lockstep-vault',
  'lockstep-openbao',
  'lockstep-aws',
  'lockstep',
] as const;

export type ProviderName = (typeof providerNames)[number];

const sockets = 'Sockets';
const freshness = 'Freshness';
const load = 'Time and load';
const limits = 'Where a pod may send it';
const aws = 'AWS';
const kubernetes = 'Kubernetes';
const operating = 'Operating';

/** Flags of `lockstep provider`. */
export const providerFlags = {
  providerDir: {
    schema: text(),
    value: 'DIR',
    help: 'Directory of the provider sockets, shared with the CSI driver',
    group: sockets,
    fallback: '/var/run/secrets-store-csi-providers',
  },
  providers: {
    schema: choices(providerNames),
    value: 'LIST',
    help: 'Provider names to serve, one socket each',
    group: sockets,
    fallback: providerNames.join(','),
  },
  takeover: {
    schema: toggle(),
    help: 'Replace the live socket of another provider instead of refusing to start',
    group: sockets,
  },
  refreshInterval: {
    schema: duration(),
    value: 'DURATION',
    help: 'How long a value counts as fresh where a manifest says nothing; 0s keeps nothing',
    group: freshness,
    fallback: '30s',
  },
  minRefreshInterval: {
    schema: duration(),
    value: 'DURATION',
    help: 'The shortest refreshInterval that a manifest may ask for',
    group: freshness,
    fallback: '0s',
  },
  staleIfError: {
    schema: duration(),
    value: 'DURATION',
    help: 'How long a pod keeps its value while the store cannot be reached',
    group: freshness,
    fallback: '1h',
  },
  versionKeyFile: {
    schema: text().optional(),
    value: 'FILE',
    help: '32 raw bytes that key the object versions; without it versions change at every restart',
    group: freshness,
  },
  mountDeadline: {
    schema: duration(1),
    value: 'DURATION',
    help: 'Time for one mount, waiting included; kubelet gives up after 120s',
    group: load,
    fallback: '100s',
  },
  maxMounts: {
    schema: integer({ min: 1, max: 10_000 }),
    value: 'COUNT',
    help: 'Mounts worked on at a time',
    group: load,
    fallback: '32',
  },
  vaultAddresses: {
    schema: addresses().optional(),
    value: 'LIST',
    help: 'Vault addresses that manifests may name besides the default one; without it any but link-local ones',
    group: limits,
  },
  fileRoots: {
    schema: list().optional(),
    value: 'LIST',
    help: 'Directories in which the TLS files of manifests must lie; without it any',
    group: limits,
  },
  forbidSkipVerify: {
    schema: toggle(),
    help: 'Refuse manifests that switch TLS verification off',
    group: limits,
  },
  awsFailover: {
    schema: choice(['lazy', 'strict']),
    value: 'MODE',
    help: 'When failoverRegion is asked: only if the region fails (lazy), or always, and either can fail a mount (strict)',
    group: aws,
    fallback: 'lazy',
  },
  awsBatch: {
    schema: choice(['auto', 'off']),
    value: 'MODE',
    help: 'Read up to twenty secrets with one BatchGetSecretValue where the role may (auto)',
    group: aws,
    fallback: 'off',
  },
  tokenRequestFallback: {
    schema: toggle(),
    help: 'Request a service-account token when the driver sent none; needs create on serviceaccounts/token',
    group: kubernetes,
  },
  kubeconfig: {
    schema: text().optional(),
    value: 'FILE',
    help: 'How to reach the API server; without it as the pod that it runs in',
    group: kubernetes,
  },
  metricsAddress: {
    schema: hostPort(),
    value: 'HOST:PORT',
    help: 'Where /metrics, /livez and /readyz are served; off for nowhere',
    group: operating,
    fallback: ':8080',
  },
  ...logFlags({ level: 'info', format: 'json' }),
} satisfies Flags;
