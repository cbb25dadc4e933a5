import { providerNames } from '../core/provider-names.ts';
import { daemonFlags } from './daemon-flags.ts';
import { choices, duration, integer, text, toggle } from './flag-kinds.ts';
import type { Flags } from './flag.ts';
import { storeFlags, versionFlags } from './store-flags.ts';

const sockets = 'Sockets';
const freshness = versionFlags.versionKeyFile.group;
const load = 'Time and load';

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
  ...versionFlags,
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
  ...storeFlags,
  tokenRequestFallback: {
    schema: toggle(),
    help: 'Request a service-account token when the driver sent none; needs create on serviceaccounts/token',
    group: daemonFlags.kubeconfig.group,
  },
  ...daemonFlags,
} satisfies Flags;
