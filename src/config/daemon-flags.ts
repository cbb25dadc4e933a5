import { hostPort, text } from './flag-kinds.ts';
import type { Flags } from './flag.ts';
import { logFlags } from './log-flags.ts';

/** The API server, endpoints and log of a daemon; the same flags for every one. */
export const daemonFlags = {
  kubeconfig: {
    schema: text().optional(),
    value: 'FILE',
    help: 'How to reach the API server; without it as the pod that it runs in',
    group: 'Kubernetes',
  },
  metricsAddress: {
    schema: hostPort(),
    value: 'HOST:PORT',
    help: 'Where /metrics, /livez and /readyz are served; off for nowhere',
    group: 'Operating',
    fallback: ':8080',
  },
  ...logFlags({ level: 'info', format: 'json' }),
} satisfies Flags;
