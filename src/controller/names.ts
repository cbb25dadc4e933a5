/** Labels and annotations under `lockstep.dev/`; those of rollouts stand in rollout/names.ts, and no other place spells them. */
export const names = {
  /** Label of a SecretProviderClass: it may be synced. */
  syncLabel: 'lockstep.dev/sync',
  /** Annotation of such a class: keep a SecretProviderClassSync of the same name that uses this service account. */
  serviceAccount: 'lockstep.dev/service-account',
  /** Annotation of such a class: `spec.interval` of that SecretProviderClassSync. */
  interval: 'lockstep.dev/interval',
  /** Annotation of a SecretProviderClassSync (or of the class): a new value makes it sync at once. */
  forceSync: 'lockstep.dev/force-sync',
  /** Label of every Secret that we keep: what our watch selects. Also of a SecretProviderClassSync that we made for a class. */
  managedLabel: 'lockstep.dev/managed',
  /** Annotation of such a Secret: the name of the SecretProviderClassSync in its namespace. Of such a sync: of the class. */
  owner: 'lockstep.dev/owner',
  /** Annotation of a Secret that somebody else made and we took over: never deleted by us. */
  adopted: 'lockstep.dev/adopted',
} as const;

export const enabled = 'true';
