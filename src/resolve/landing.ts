import type { LRUCache } from 'lru-cache';

import type { FetchOutcome } from '../core/backend.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import type { FetchAudit } from './audit.ts';
import type { ValueCache } from './cache.ts';
import { Content, type Projection } from './content.ts';
import type { Arrival, Landing, Passenger } from './flights.ts';
import { isRefusal } from './store-error.ts';

export interface LandingDeps {
  readonly cache: ValueCache;
  readonly audit: FetchAudit;
  readonly versionKey: SecretBytes;
  /** Questions (by account) whose last answer was leased: pods do not wait for each other's. */
  readonly leasedQuestions: Pick<LRUCache<string, true>, 'set' | 'delete'>;
}

/** Objects of one answer that the audit names; a manifest with more reads the same secret over and over. */
const maxAudited = 16;

/** What an arriving outcome does: the cache keeps or drops it, the audit records it. */
export function landOutcome(deps: LandingDeps, passenger: Passenger, outcome: FetchOutcome, arrival: Arrival): Landing {
  const landing = keepOutcome(deps, passenger, outcome, arrival);
  record(deps, passenger, landing, arrival);
  return landing;
}

function keepOutcome(
  { cache, leasedQuestions }: LandingDeps,
  { question, key }: Passenger,
  outcome: FetchOutcome,
  { terms, askedAtMs, isCurrent }: Arrival,
): Landing {
  if (outcome.status === 'failed') {
    const { error } = outcome;
    if (isCurrent && error.isOutage) cache.backOff(key, error);
    if (isCurrent && isRefusal(error)) cache.delete(key);
    return { status: 'failed', error };
  }

  const { payload, fingerprint, version, leased } = outcome;
  const answer = { payload, fingerprint, version };
  if (leased) {
    leasedQuestions.set(question.accountKey, true);
    if (isCurrent) cache.delete(key);
    return { status: 'found', content: new Content(answer), leased };
  }
  leasedQuestions.delete(question.accountKey);
  const content = isCurrent
    ? cache.put(key, { ...answer, askedAtMs, keepMs: terms.keepMs })
    : (cache.same(key, fingerprint) ?? new Content(answer));
  return { status: 'found', content, leased };
}

function record(
  { audit, versionKey }: LandingDeps,
  { question }: Passenger,
  landing: Landing,
  { asker }: Arrival,
): void {
  const objects = question.objects.slice(0, maxAudited);
  const common = { caller: asker.caller, ref: question.ref };
  if (landing.status === 'failed') {
    const { code } = landing.error;
    for (const { name } of objects) audit.record({ ...common, object: name, outcome: code, repetition: code });
    return;
  }

  const { content, leased } = landing;
  const project = content.reader(versionKey);
  for (const object of objects) {
    const version = singleVersion(project(object));
    audit.record({
      ...common,
      object: object.name,
      outcome: 'ok',
      ...(version !== undefined && { version }),
      // The backend may have answered with a lease that it still holds.
      ...(leased && { repetition: content.fingerprint }),
    });
  }
}

function singleVersion(projection: Projection): string | undefined {
  return projection.status === 'files' && projection.files.length === 1 ? projection.files[0]?.version : undefined;
}
