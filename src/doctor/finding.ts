/** One thing that stands in the way of lockstep, or is good to know; `lockstep doctor -o json` prints exactly this. */
export interface DoctorFinding {
  /** `error`: something fails, or will. `warning`: look at it. `info`: how things are. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly id: DoctorId;
  /** `DaemonSet kube-system/csi-secrets-store`; `cluster` for the cluster as a whole. */
  readonly object: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Kebab-case names of what is found; docs/doctor.md explains each. */
export type DoctorId = (typeof doctorIds)[number];

export const doctorIds = [
  'not-looked',
  'crds-missing',
  'driver-crds-missing',
  'policy-missing',
  'controller-absent',
  'driver-missing',
  'driver-old',
  'driver-version-unknown',
  'rotation-off',
  'rotation-poll-interval',
  'republish-off',
  'audience-missing',
  'provider-absent',
  'provider-foreign',
  'socket-contested',
  'driver-sync-on',
  'driver-sync-overlap',
  'eso-running',
  'eso-overlap',
  'eso-owner',
  'reloader-running',
  'reloader-overlap',
  'pin-unsupported',
  'pin-policy-missing',
] as const;

export const theCluster = 'cluster';
