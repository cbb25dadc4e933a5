/** Labels and annotations of rollouts; no other place spells them. */
export const rolloutNames = {
  /** Label of Namespace, SecretProviderClassSync or workload: no rollout. */
  freeze: 'lockstep.dev/freeze',
  /** Label of a workload: `off`, `notify`, `restart` or `pin`, before what the SecretProviderClassSync says. */
  mode: 'lockstep.dev/rollout',
  /** Label of a workload: lower numbers roll out first; 0 unless set. */
  order: 'lockstep.dev/rollout-order',
  /** Annotation of a SecretProviderClassSync: the version that may be rolled out, where `approval` is Manual. */
  approve: 'lockstep.dev/approve',
  /** Annotation of a SecretProviderClassSync: the halted version that shall go on. */
  resume: 'lockstep.dev/resume',
  /** Annotation of a pod template (Restart): which content of which Secret its pods were started for. */
  hashes: 'lockstep.dev/secret-hashes',
  /** Annotation of a pod template (Pin): which version of which Secret its pods read. */
  pins: 'lockstep.dev/pins',
  /** Label of an immutable Secret that holds one version of another: the name of that (clipped when a label has no room for it). */
  pinnedSource: 'lockstep.dev/pinned-source',
  /** Label of such a Secret: the hash in its name. */
  version: 'lockstep.dev/version',
  /** Annotation of such a Secret: when it last became the current version. */
  currentSince: 'lockstep.dev/current-since',
  /** Annotation of such a Secret: until then it is not deleted. */
  leasedUntil: 'lockstep.dev/leased-until',
  /** Annotation of such a Secret: since when nothing was found to use it. */
  unreferencedSince: 'lockstep.dev/unreferenced-since',
} as const;
