import * as z from 'zod';

import { membersOf } from '../kube/objects.ts';
import type { LedgerEntry } from './ledger.ts';

/** `status.rollout` of a SecretProviderClassSync. Times are RFC 3339, versions the 12 characters of all its Secrets together. */
export interface RolloutStatus {
  /** Left out: no content has been seen yet. */
  readonly version?: string;
  /** When that version was first seen. */
  readonly since?: string;
  /** Since when the content has been changing; left out: it has settled. */
  readonly changingSince?: string;
  readonly state: RolloutState;
  /** What it waits for, and what to do. */
  readonly message: string;
  /** Workloads that use the Secrets; each is one of the five below. */
  readonly total: number;
  readonly updated: number;
  readonly inProgress: number;
  readonly failed: number;
  readonly held: number;
  readonly waiting: number;
  readonly estimatedCompletion?: string;
  /** Pin: by Secret, the oldest version that something still uses; a Secret of which nothing is used is left out. */
  readonly oldestInUse?: readonly OldestVersion[];
  readonly halted?: Halt;
  /** The last ten, the newest first. */
  readonly history?: readonly RolloutRecord[];
  /** What is known about each workload, sorted by it. */
  readonly workloads?: readonly LedgerEntry[];
}

/** Also the reason of the condition RolloutComplete. */
export type RolloutState = (typeof rolloutStates)[number];

/** Of one Secret: what came before this version may be revoked at the store. */
export interface OldestVersion {
  readonly secret: string;
  /** Name of the immutable Secret; `Unknown`: a pod reads the stable one, and nothing is safe to revoke. */
  readonly version: string;
}

/** Why a version goes no further. */
export interface Halt {
  readonly version: string;
  /** `Deployment shop/web`. */
  readonly workload: string;
  readonly reason: string;
  readonly at: string;
}

/** A rollout of one version to all workloads. */
export interface RolloutRecord {
  readonly version: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome: 'InProgress' | 'Complete' | 'Halted' | 'Superseded';
  readonly updated: number;
  readonly failed: number;
  /** It began although the content had not come to rest. */
  readonly isRestless?: true;
}

/** In no order. */
export const rolloutStates = [
  'Idle',
  'ContentUnknown',
  'Settling',
  'AwaitingApproval',
  'AwaitingWindow',
  'Frozen',
  'CoolingDown',
  'InProgress',
  'Soaking',
  'Halted',
  'Held',
  'Conflict',
  'Complete',
] as const;

/** What is kept in `workloads` at most: more would not fit into an object. */
export const maxWorkloads = 1000;
/** What is kept in `history`. */
export const maxRecords = 10;

/**
 * `status.rollout` as it was written; undefined: there is none. What has another shape, after an edit by hand or another version of
 * lockstep, is left out.
 */
export function parseRolloutStatus(raw: unknown): RolloutStatus | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const members = membersOf(raw);
  const records = itemsOf(members['history'], recordSchema);
  const entries = itemsOf(members['workloads'], entrySchema);
  return {
    ...headSchema.parse({ ...members }),
    ...optionalsOf(members),
    ...(records.length > 0 && { history: records }),
    ...(entries.length > 0 && { workloads: entries }),
  };
}

type Optionals = { readonly [Name in keyof typeof optionalSchemas]?: z.infer<(typeof optionalSchemas)[Name]> };

function optionalsOf(members: Readonly<Record<string, unknown>>): Optionals {
  const found = Object.entries(optionalSchemas).filter(([name, schema]) => schema.safeParse(members[name]).success);
  // Object.fromEntries cannot say that each value has passed the schema of its name.
  return Object.fromEntries(found.map(([name]) => [name, members[name]])) as Optionals;
}

function itemsOf<T>(list: unknown, schema: z.ZodType<T>): readonly T[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
}

const text = z.string();
const time = z.string().refine((given) => !Number.isNaN(Date.parse(given)));
const flag = z.literal(true);
const count = z.int().min(0).catch(0);

const headSchema = z.object({
  state: z.enum(rolloutStates).catch('Idle'),
  message: text.catch(''),
  total: count,
  updated: count,
  inProgress: count,
  failed: count,
  held: count,
  waiting: count,
});

/** Each is left out by itself where it is none. */
const optionalSchemas = {
  version: text,
  since: time,
  changingSince: time,
  estimatedCompletion: time,
  oldestInUse: z.array(z.object({ secret: text, version: text })),
  halted: z.object({ version: text, workload: text, reason: text, at: time }),
} as const;

const recordSchema = z.object({
  version: text,
  startedAt: time,
  endedAt: time.exactOptional(),
  outcome: z.enum(['InProgress', 'Complete', 'Halted', 'Superseded']),
  updated: count,
  failed: count,
  isRestless: flag.exactOptional(),
});

const entrySchema = z.object({
  workload: text,
  uid: text,
  mode: z.enum(['Notify', 'Restart', 'Pin']),
  generation: z.int(),
  usage: text,
  stamp: text,
  template: text.exactOptional(),
  reverts: z.int().exactOptional(),
  revertedAt: text.exactOptional(),
  rollout: z
    .object({
      version: text,
      startedAt: time,
      wasUnhealthy: flag.exactOptional(),
      progress: z.object({ at: time, message: text }).exactOptional(),
      endedAt: time.exactOptional(),
      outcome: z.enum(['Updated', 'Failed']).exactOptional(),
      soak: z.object({ since: time, isWell: z.boolean() }).exactOptional(),
      reason: text.exactOptional(),
    })
    .exactOptional(),
  busySince: time.exactOptional(),
  obstacle: z.enum(['RolledBack', 'Conflict']).exactOptional(),
});
