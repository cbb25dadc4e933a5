import { type LedgerEntry, type PatchedEntry, usageOf } from './ledger.ts';
import type { RolloutMode } from './workloads/mode-label.ts';
import { formatHashes, formatStamp, parseHashes, parseStamp, type Stamp } from './stamps.ts';
import type { Workload } from './workloads/workload.ts';

/** Which content of a Secret a workload should have. */
export interface DesiredVersion {
  /** Of the keys that the workload uses. */
  readonly usedHash: string;
  /** Name of the immutable Secret with the content; only Pin looks at it. */
  readonly versionName: string;
}

/** Everything that a decision about one workload and one SecretProviderClassSync comes from. */
export interface Facts {
  readonly workload: Pick<Workload, 'key' | 'uid' | 'generation' | 'references' | 'classes' | 'hashes' | 'pins'>;
  readonly mode: RolloutMode;
  /**
   * The Secrets of the SecretProviderClassSync that concern the workload. Undefined: its content is not known at present, and
   * everything about it stays as it is.
   */
  readonly desired: ReadonlyMap<string, DesiredVersion | undefined>;
  readonly ledger: LedgerEntry | undefined;
  /** Of the key that the hashes were made with. */
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** With a mode in which something happens. */
export interface ActiveFacts extends Facts {
  readonly mode: Exclude<RolloutMode, 'Off'>;
}

/** What is seen when the facts are laid beside the ledger. */
export interface Sight {
  /** The ledger as things are: new Secrets count as rolled out, those that are no longer used are left out. */
  readonly next: PatchedEntry;
  /** The ledger after a patch that writes `wanted`. */
  readonly patched: PatchedEntry;
  /** What the annotation should say of the Secrets whose content is known. */
  readonly wanted: ReadonlyMap<string, string>;
  /** What it says, where it was made with our key. */
  readonly live: ReadonlyMap<string, string>;
  /** Secrets with other content than the ledger says, in the used keys. */
  readonly changed: readonly string[];
  readonly standing: Standing;
}

/**
 * Our annotation against the one of the ledger, as to the Secrets that the ledger knows. `Gone`: there is none any more.
 * `Foreign`: it was made with another key. `Other`: it is ours, and from another time.
 */
export type Standing = 'Same' | 'Gone' | 'Foreign' | 'Other';

/** Without a ledger everything is new. */
export function toSight(facts: ActiveFacts, ledger: LedgerEntry | undefined): Sight {
  const { mode, desired, keyId } = facts;
  const known = [...desired].flatMap(([secret, version]) => (version ? [{ secret, ...version }] : []));
  const before = rolledOutBy(facts, ledger);
  const hashes = new Map([...before, ...known.map(({ secret, usedHash }) => [secret, usedHash] as const)]);
  const wanted = new Map(
    known.map(({ secret, usedHash, versionName }) => [secret, mode === 'Pin' ? versionName : usedHash]),
  );
  const annotation = annotationOf(facts);
  const live = isForeign(facts, annotation) ? new Map<string, string>() : annotation.entries;
  const isChanged = ({ secret, usedHash }: DesiredVersion & { readonly secret: string }): boolean =>
    before.has(secret) && before.get(secret) !== usedHash;
  return {
    next: toEntry(facts, hashes, annotation),
    patched: toEntry(facts, hashes, { keyId, entries: new Map([...live, ...wanted]) }),
    wanted,
    live,
    changed: known.filter(isChanged).map(({ secret }) => secret),
    standing: standingOf(facts, annotation, ledger),
  };
}

/** What the ledger says of the Secrets that still concern the workload. */
function rolledOutBy({ desired }: ActiveFacts, ledger: LedgerEntry | undefined): ReadonlyMap<string, string> {
  const { entries } = parseHashes(ledger?.stamp);
  return new Map([...entries].filter(([secret]) => desired.has(secret)));
}

function annotationOf({ mode, workload }: ActiveFacts): Stamp {
  switch (mode) {
    case 'Notify':
      return parseStamp('Pin', undefined);
    case 'Restart':
      return parseStamp(mode, workload.hashes);
    case 'Pin':
      return parseStamp(mode, workload.pins);
  }
}

function isForeign({ mode, keyId }: ActiveFacts, annotation: Stamp): boolean {
  return mode === 'Restart' && annotation.entries.size > 0 && annotation.keyId !== keyId;
}

type Written = Omit<Stamp, 'problems'>;

function toEntry(facts: ActiveFacts, hashes: ReadonlyMap<string, string>, annotation: Written): PatchedEntry {
  const { workload, mode, keyId } = facts;
  const template = textFor(facts, annotation, new Set(hashes.keys()));
  return {
    workload: workload.key,
    uid: workload.uid,
    mode,
    usage: usageOf(workload),
    stamp: formatHashes(keyId, hashes),
    ...(template !== undefined && { template }),
  };
}

/** Undefined: the annotation says nothing of these Secrets. */
function textFor({ mode }: ActiveFacts, { keyId, entries }: Written, secrets: ReadonlySet<string>): string | undefined {
  if (mode === 'Notify') return undefined;
  return formatStamp(mode, { keyId, entries: new Map([...entries].filter(([secret]) => secrets.has(secret))) });
}

function standingOf(facts: ActiveFacts, annotation: Stamp, ledger: LedgerEntry | undefined): Standing {
  // In another mode the ledger is about the other annotation.
  if (ledger?.mode !== facts.mode || facts.mode === 'Notify') return 'Same';
  const secrets = new Set(rolledOutBy(facts, ledger).keys());
  const recorded = parseStamp(facts.mode, ledger.template);
  if (textFor(facts, annotation, secrets) === textFor(facts, recorded, secrets)) return 'Same';
  if (annotation.entries.size === 0) return 'Gone';
  return isForeign(facts, annotation) ? 'Foreign' : 'Other';
}
