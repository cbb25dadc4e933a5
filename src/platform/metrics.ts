import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Every series of lockstep. docs/metrics.md lists the same names and labels; test/docs.test.ts compares both ways. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    mounts: new Counter({
      registers,
      name: 'lockstep_mounts_total',
      help: 'Mount calls by provider and outcome: ok, or the code of the error catalogue',
      labelNames: ['provider', 'outcome'] as const,
    }),
    mountDuration: new Histogram({
      registers,
      name: 'lockstep_mount_duration_seconds',
      help: 'Time from the arrival of a Mount call to its answer, waiting included',
      labelNames: ['provider'] as const,
      buckets: seconds,
    }),
    mountsInFlight: new Gauge({ registers, name: 'lockstep_mounts_in_flight', help: 'Mount calls being worked on' }),
    mountsWaiting: new Gauge({ registers, name: 'lockstep_mounts_waiting', help: 'Mount calls waiting for a place' }),
    storeRequests: new Counter({
      registers,
      name: 'lockstep_store_requests_total',
      help: 'Calls to secret stores by operation and result: ok, or the code of the error catalogue',
      labelNames: ['store', 'operation', 'result'] as const,
    }),
    storeRequestDuration: new Histogram({
      registers,
      name: 'lockstep_store_request_duration_seconds',
      help: 'Time of a call to a secret store, retries included',
      labelNames: ['store', 'operation'] as const,
      buckets: seconds,
    }),
    cacheLookups: new Counter({
      registers,
      name: 'lockstep_cache_lookups_total',
      help: 'Look-ups in the value cache: hit, miss, joined (waited for the same fetch) or stale (kept while the store is out)',
      labelNames: ['result'] as const,
    }),
    staleAnswers: new Counter({
      registers,
      name: 'lockstep_stale_answers_total',
      help: 'Values kept while the store is out, by how much of staleIfError was spent: under_half or over_half',
      labelNames: ['spent'] as const,
    }),
    cacheBytes: new Gauge({ registers, name: 'lockstep_cache_bytes', help: 'Bytes of values kept in memory' }),
    tokens: new Gauge({
      registers,
      name: 'lockstep_tokens',
      help: 'Store tokens kept, one per identity',
      labelNames: ['store'] as const,
    }),
    leases: new Gauge({
      registers,
      name: 'lockstep_leases',
      help: 'Leased answers kept, one per pod and request',
      labelNames: ['store'] as const,
    }),
    kubeRequests: new Counter({
      registers,
      name: 'lockstep_kube_requests_total',
      help: 'Requests to the API server by verb, resource and result: ok, cancelled, or the code of the error catalogue',
      labelNames: ['verb', 'resource', 'result'] as const,
    }),
    watchSilence: new Gauge({
      registers,
      name: 'lockstep_watch_silence_seconds',
      help: 'Time since the API server was last heard of on the watches of a resource',
      labelNames: ['resource'] as const,
    }),
    relists: new Counter({
      registers,
      name: 'lockstep_watch_lists_total',
      help: 'Full lists by resource and reason: start, gone, failed or resync',
      labelNames: ['resource', 'reason'] as const,
    }),
    leader: new Gauge({ registers, name: 'lockstep_leader', help: '1 while this replica holds the lease' }),
    queueDepth: new Gauge({
      registers,
      name: 'lockstep_queue_depth',
      help: 'Objects that wait for a worker, by rank: urgent, first, refresh or retry',
      labelNames: ['rank'] as const,
    }),
    queueWait: new Histogram({
      registers,
      name: 'lockstep_queue_wait_seconds',
      help: 'Time from when an object was due until a worker took it',
      labelNames: ['rank'] as const,
      buckets: seconds,
    }),
    syncDuration: new Histogram({
      registers,
      name: 'lockstep_sync_duration_seconds',
      help: 'Time of one sync of one object by outcome: ok, or the code of the error catalogue',
      labelNames: ['outcome'] as const,
      buckets: seconds,
    }),
    syncReady: new Gauge({
      registers,
      name: 'lockstep_sync_ready',
      help: 'SecretProviderClassSyncs by reason of their Ready condition; with --per-object-metrics one series each, 1 or 0',
      labelNames: ['namespace', 'name', 'reason'] as const,
    }),
    syncLastSuccess: new Gauge({
      registers,
      name: 'lockstep_sync_last_success_timestamp_seconds',
      help: 'When the objects were last found or made current: the oldest of all; with --per-object-metrics one series each',
      labelNames: ['namespace', 'name'] as const,
    }),
    secretWrites: new Counter({
      registers,
      name: 'lockstep_secret_writes_total',
      help: 'Secrets written by reason: created, changed, drift, adopted or deleted',
      labelNames: ['reason'] as const,
    }),
    rolloutWorkloads: new Gauge({
      registers,
      name: 'lockstep_rollout_workloads',
      help: 'Workloads that use a synced Secret, by state: Updated, InProgress, Failed, Held or Waiting',
      labelNames: ['state'] as const,
    }),
    rolloutHalted: new Gauge({
      registers,
      name: 'lockstep_rollout_halted',
      help: 'SecretProviderClassSyncs whose rollout was halted after failures',
    }),
    rolloutBehindDeadline: new Gauge({
      registers,
      name: 'lockstep_rollout_behind_deadline',
      help: 'SecretProviderClassSyncs whose rollout has passed its deadline, or will by the present estimate',
    }),
    rolloutPatches: new Counter({
      registers,
      name: 'lockstep_rollout_patches_total',
      help: 'Pod templates patched, by result: ok, or the code of the error catalogue',
      labelNames: ['result'] as const,
    }),
    rolloutOutcomes: new Counter({
      registers,
      name: 'lockstep_rollout_outcomes_total',
      help: 'Rollouts of one workload that have ended, by outcome: Updated or Failed',
      labelNames: ['outcome'] as const,
    }),
    rolloutOldVersions: new Gauge({
      registers,
      name: 'lockstep_rollout_old_versions',
      help: 'Pin: Secrets of which something still uses an older version, or may; those may not be revoked',
    }),
    startupTaintsRemoved: new Counter({
      registers,
      name: 'lockstep_startup_taints_removed_total',
      help: 'Nodes from which the startup taint was removed',
    }),
    /** CPU, memory and event-loop series of the process; apart, because they cost a timer. */
    collectProcessMetrics: (): void => collectDefaultMetrics({ register: registry }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
