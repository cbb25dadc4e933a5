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
    /** CPU, memory and event-loop series of the process; apart, because they cost a timer. */
    collectProcessMetrics: (): void => collectDefaultMetrics({ register: registry }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
