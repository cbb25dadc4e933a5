import { createHash } from 'node:crypto';

import { keyOf, type ObjectKey } from '../kube/objects.ts';
import { usedHash } from './versions/content.ts';
import type { KnownContent } from './versions/contents.ts';
import { decideWorkload, type Decision } from './decide.ts';
import type { Findings } from './workloads/inspect-workload.ts';
import type { LedgerEntry } from './ledger.ts';
import type { RolloutMode } from './workloads/mode-label.ts';
import { type Target, toTarget } from './workloads/mode.ts';
import type { NamespaceView, SourceView, WorkloadView } from './orchestrator/rollout-view.ts';
import type { RolloutSpec } from './rollout-spec.ts';
import type { DesiredVersion } from './sight.ts';
import type { Source } from './source.ts';
import { toHash } from './versions/version.ts';
import type { Workload } from './workloads/workload.ts';

/** What a pass over a namespace is made of. */
export interface NamespaceFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly freeSlots: number;
  readonly sources: readonly ValidSource[];
  readonly workloads: readonly Workload[];
  /** The namespace carries the label `lockstep.dev/freeze`. */
  readonly isFrozen: boolean;
  readonly contentOf: (secret: ObjectKey) => KnownContent | undefined;
  /** Of the namespace's key. */
  readonly keyId: string;
  readonly understandsReloader: boolean;
  /** Otherwise nothing happens to workloads in Pin. */
  readonly isPinSupported: boolean;
  /** Workloads whose patch was refused: left alone for a while. */
  readonly refused: { readonly has: (workload: string) => boolean };
  /** By workload, of those that were looked at. */
  readonly findings: ReadonlyMap<string, Findings>;
}

export interface ValidSource {
  readonly source: Source;
  readonly spec: RolloutSpec;
}

export interface BuiltView {
  readonly view: NamespaceView;
  /** By workload and source: all that are not Off. */
  readonly targets: ReadonlyMap<string, ReadonlyMap<string, Target>>;
}

/** Lays sources and workloads beside each other. A workload is compared only with sources that it names. */
export function buildView(facts: NamespaceFacts): BuiltView {
  const targets = new Map<string, Map<string, Target>>();
  const workloads: WorkloadView[] = [];
  const known = indexLedgers(facts.sources);
  const users = indexUsers(facts);
  for (const workload of facts.workloads) {
    const ledgers = known.get(workload.key);
    const concerned = new Set([...(users.get(workload.key) ?? []), ...(ledgers?.keys() ?? [])]);
    if (concerned.size === 0) continue;
    const decisions = new Map<string, Decision>();
    for (const each of concerned) {
      const { target, decision } = decide(workload, each, { ...facts, ledger: ledgers?.get(each) });
      if (target.mode !== 'Off')
        targets.getOrInsertComputed(workload.key, () => new Map()).set(each.source.key, target);
      decisions.set(each.source.key, decision);
    }
    const { podFailure, revisions } = facts.findings.get(workload.key) ?? {};
    workloads.push({
      workload,
      decisions,
      isFrozen: facts.isFrozen || workload.isFrozen || facts.refused.has(workload.key),
      podFailure,
      revisions,
    });
  }
  const { now, freeSlots } = facts;
  return { view: { now, freeSlots, sources: facts.sources.map((each) => toView(each, facts)), workloads }, targets };
}

/** By source: the modes of all its targets. */
export function modesBySource(targets: BuiltView['targets']): ReadonlyMap<string, ReadonlySet<RolloutMode>> {
  const modes = new Map<string, Set<RolloutMode>>();
  for (const bySource of targets.values()) {
    for (const [source, { mode }] of bySource) modes.getOrInsertComputed(source, () => new Set()).add(mode);
  }
  return modes;
}

type Ledgers = ReadonlyMap<string, ReadonlyMap<ValidSource, LedgerEntry>>;

/** What the sources know, by workload. */
function indexLedgers(sources: readonly ValidSource[]): Ledgers {
  const index = new Map<string, Map<ValidSource, LedgerEntry>>();
  for (const each of sources) {
    for (const entry of each.source.status?.workloads ?? []) {
      index.getOrInsertComputed(entry.workload, () => new Map()).set(each, entry);
    }
  }
  return index;
}

/** Sources by the workloads that name one of their Secrets or their class, or have a word of Reloader for any Secret. */
function indexUsers({
  sources,
  workloads,
  understandsReloader,
}: NamespaceFacts): ReadonlyMap<string, readonly ValidSource[]> {
  const bySecret = new Map<string, ValidSource[]>();
  const byClass = new Map<string, ValidSource[]>();
  for (const each of sources) {
    byClass.getOrInsertComputed(each.source.className, () => []).push(each);
    for (const { name } of each.source.secrets) bySecret.getOrInsertComputed(name, () => []).push(each);
  }
  return new Map(
    workloads.map((workload) => {
      if (understandsReloader && workload.reloader) return [workload.key, sources];
      const found = [
        ...workload.references.flatMap(({ secret }) => bySecret.get(secret) ?? []),
        ...workload.classes.flatMap((name) => byClass.get(name) ?? []),
      ];
      return [workload.key, found];
    }),
  );
}

function decide(
  workload: Workload,
  { source, spec }: ValidSource,
  facts: NamespaceFacts & { readonly ledger: LedgerEntry | undefined },
): { readonly target: Target; readonly decision: Decision } {
  const { className, secrets, isFrozen } = source;
  const rolloutSource = { className, secrets, mode: spec.mode, isFrozen: isFrozen || facts.isFrozen };
  const target = toTarget(workload, rolloutSource, facts);
  const desired = new Map(
    [...target.secrets].map(([name, keys]) => {
      const content = contentOf(source, name, facts);
      const isPossible = target.mode !== 'Pin' || facts.isPinSupported;
      return [name, content && isPossible ? toDesired(content, keys, target) : undefined] as const;
    }),
  );
  const { keyId, now, ledger } = facts;
  return { target, decision: decideWorkload({ workload, mode: target.mode, desired, ledger, keyId, now }) };
}

/** Undefined: in Pin, before the version is kept. */
function toDesired(
  content: KnownContent,
  keys: Parameters<typeof usedHash>[1],
  { mode }: Target,
): DesiredVersion | undefined {
  if (mode === 'Pin' && content.versionName === undefined) return undefined;
  return { usedHash: usedHash(content, keys), versionName: content.versionName ?? '' };
}

/** Undefined: not known at present, or of another source that wants the same Secret. */
function contentOf({ key, namespace }: Source, name: string, facts: NamespaceFacts): KnownContent | undefined {
  const content = facts.contentOf(keyOf({ namespace, name }));
  return content?.sync === key ? content : undefined;
}

function toView({ source, spec }: ValidSource, facts: NamespaceFacts): SourceView {
  const { key, approve, resume, status } = source;
  const isFrozen = source.isFrozen || facts.isFrozen;
  return { key, spec, version: versionOf(source, facts), isFrozen, approve, resume, status };
}

/** Of all its Secrets together; undefined: one of them is not known at present. */
function versionOf(source: Source, facts: NamespaceFacts): string | undefined {
  const parts: string[] = [];
  for (const { name } of source.secrets.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const content = contentOf(source, name, facts);
    if (!content) return undefined;
    parts.push(`${name}=${content.hash}`);
  }
  return parts.length === 0 ? undefined : toHash(createHash('sha256').update(parts.join(',')).digest());
}
