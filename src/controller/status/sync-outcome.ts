import { joinWithin } from '../../core/clip.ts';
import { catalogue, type SecretError } from '../../core/errors.ts';
import type { Condition } from '../../kube/condition.ts';
import type { Attempt } from '../attempt.ts';
import { reasonOf } from './reason-of.ts';
import type { SyncObject } from '../sync-object.ts';
import type { SecretStatus } from './sync-status.ts';

/** What the conditions say of an attempt. */
export interface Outcome {
  /** Of the condition Ready. */
  readonly ready: Condition['status'];
  /** The other condition that is True; undefined: none. */
  readonly abnormal: 'Reconciling' | 'Stalled' | undefined;
  readonly reason: string;
  /** At most 1024 bytes, one line. */
  readonly message: string;
}

/** Sums up: suspended, failed with every cause named, compared, or current. */
export function toOutcome(sync: SyncObject, attempt: Attempt): Outcome {
  if (sync.spec?.suspend) return suspended(sync);
  const [first] = attempt.failures;
  return first ? failed(sync, attempt, first) : current(sync, attempt);
}

function suspended({ status }: SyncObject): Outcome {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
  const message = 'spec.suspend is true: nothing is fetched or written';
  return { ready, abnormal: undefined, reason: 'Suspended', message };
}

function failed(sync: SyncObject, attempt: Attempt, first: SecretError): Outcome {
  const { failures } = attempt;
  const abnormal = failures.some(needsPerson) ? 'Stalled' : 'Reconciling';
  const reason = reasonOf(first.code);
  const message = knownMessage(sync, attempt, reason) ?? toMessage(failures.map(textOf));
  return { ready: 'False', abnormal, reason, message };
}

function current({ spec }: SyncObject, { secrets = [], contested }: Attempt): Outcome {
  const isShadow = spec?.mode === 'Shadow';
  const parts = isShadow ? compare(secrets) : [`${count(secrets)} current`];
  const others = contested.map(({ secret, by }) => `Secret ${secret} is also wanted by ${listUp(by)}`);
  const reason = isShadow ? 'Shadowed' : 'Synced';
  return { ready: 'True', abnormal: undefined, reason, message: toMessage([...parts, ...others]) };
}

/**
 * What the sync says already, where it only waits for a store: whoever asked last words it for its own objects, and that is
 * no news for the others.
 */
function knownMessage(
  { status, generation }: SyncObject,
  { secrets, retryAfterMs }: Attempt,
  reason: string,
): string | undefined {
  if (secrets !== undefined || retryAfterMs === undefined) return undefined;
  const known = status.conditions?.find(({ type }) => type === 'Ready');
  const isSame = known?.status === 'False' && known.reason === reason && known.observedGeneration === generation;
  return isSame ? known.message : undefined;
}

const maxMessageBytes = 1024;
const maxNames = 10;

/** Nobody but the author of a manifest or an operator changes anything about it. */
function needsPerson({ code }: SecretError): boolean {
  const { retry, fault } = catalogue[code];
  return !retry && (fault === 'user' || fault === 'operator');
}

function textOf({ message }: SecretError): string {
  return message;
}

/** Several objects often fail for one reason. */
function toMessage(parts: readonly string[]): string {
  const lines = parts.map((part) => part.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim());
  return joinWithin([...new Set(lines)], maxMessageBytes);
}

function compare(secrets: readonly SecretStatus[]): readonly string[] {
  const identical = secrets.filter(({ state }) => state === 'Identical');
  return [
    `mode Shadow writes nothing; ${identical.length} of ${count(secrets)} identical`,
    ...secrets.filter(({ state }) => state !== 'Identical').map(describeDifference),
  ];
}

function describeDifference({ name, state, differingKeys = [] }: SecretStatus): string {
  if (state === 'Absent') return `there is no Secret ${name}`;
  return differingKeys.length > 0
    ? `Secret ${name} differs in ${listUp(differingKeys)}`
    : `Secret ${name} differs in its type`;
}

function count({ length }: readonly SecretStatus[]): string {
  return length === 1 ? '1 Secret is' : `${length} Secrets are`;
}

function listUp(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).join(', ');
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}
