import { toMicroTime } from '../events/micro-time.ts';
import type { KubeObject } from '../objects.ts';

/** What a Lease says about who leads. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string;
  /** How long the holder may be silent before another one takes over; undefined: it does not say. */
  readonly durationMs: number | undefined;
  /** Changes with everything that a holder writes, and with nothing else. For comparing only. */
  readonly fingerprint: string;
}

export interface LeaseWriter {
  readonly identity: string;
  readonly durationMs: number;
  /** Of the date, for people and other tools that look; no decision depends on it. */
  readonly nowMs: number;
}

type LeaseSpec = Readonly<Record<string, unknown>>;

/** Reads what may have been written by anybody: what makes no sense counts as not said. */
export function parseLease({ spec }: KubeObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds } = toMembers(spec);
  const isDuration = typeof leaseDurationSeconds === 'number' && leaseDurationSeconds > 0;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: isDuration ? leaseDurationSeconds * 1000 : undefined,
    fingerprint: JSON.stringify(spec ?? null),
  };
}

/** The spec with which `identity` takes the lease or goes on holding it. Undefined: there was none. */
export function claimedSpec(current: KubeObject | undefined, { identity, durationMs, nowMs }: LeaseWriter): LeaseSpec {
  const spec = toMembers(current?.['spec']);
  const now = toMicroTime(nowMs);
  const isSame = spec['holderIdentity'] === identity;
  const transitions = typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0;
  return {
    ...spec,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: isSame ? (spec['acquireTime'] ?? now) : now,
    renewTime: now,
    leaseTransitions: isSame || current === undefined ? transitions : transitions + 1,
  };
}

/** The spec that lets the next one lead at once. */
export function releasedSpec({ spec }: KubeObject, nowMs: number): LeaseSpec {
  // The API server takes no duration of 0.
  return { ...toMembers(spec), holderIdentity: '', leaseDurationSeconds: 1, renewTime: toMicroTime(nowMs) };
}

function toMembers(value: unknown): LeaseSpec {
  // An edge: JSON of the API server, every member of which is checked where it is read.
  return typeof value === 'object' && value !== null ? (value as LeaseSpec) : {};
}
