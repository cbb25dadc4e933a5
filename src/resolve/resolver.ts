import { LRUCache } from 'lru-cache';

import { SecretError } from '../core/errors.ts';
import type { PlannedObject } from '../core/plan.ts';
import type { Resolver } from '../core/resolver.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import type { Clock } from '../platform/clock.ts';
import { throwIfCancelled } from '../platform/deadline.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { assemble } from './assemble.ts';
import { FetchAudit } from './audit.ts';
import type { Backends } from './backends.ts';
import { ValueCache } from './cache.ts';
import type { Projection } from './content.ts';
import { Flights, type FlightsDeps } from './flights.ts';
import { type FreshnessLimits, toTerms } from './freshness.ts';
import { Identities } from './identities.ts';
import { type Answer, Inquiry } from './inquiry.ts';
import { landOutcome } from './landing.ts';
import { type Question, toAsker, toQuestions } from './question.ts';

export interface ResolverDeps {
  /** Borrowed: whoever made them closes them. */
  readonly backends: Backends;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'cacheLookups' | 'staleAnswers' | 'cacheBytes'>;
  /** Keys the versions of files. */
  readonly versionKey: SecretBytes;
  readonly limits: ResolverLimits;
}

export interface ResolverLimits extends FreshnessLimits {
  /** Of kept answers and what is made of them; more than 0. */
  readonly maxBytes: number;
}

/** Leased questions that are remembered; forgetting one costs its next two askers a wait for each other. */
const maxLeasedQuestions = 4096;

/** One resolver serves all mounts, so that they share what they may. */
export function createResolver({ backends, clock, logger, metrics, versionKey, limits }: ResolverDeps): Resolver {
  const cache = new ValueCache({ clock, metrics, maxBytes: limits.maxBytes });
  const audit = new FetchAudit({ clock, logger });
  const leasedQuestions = new LRUCache<string, true>({ max: maxLeasedQuestions });
  const landing = { cache, audit, versionKey, leasedQuestions };
  const land: FlightsDeps['land'] = (...outcome) => landOutcome(landing, ...outcome);
  const flights = new Flights({ clock, backends, land });
  const identities = new Identities({ clock, backends });
  // Counters that stand at 0 from the start: an alert sees the first step.
  for (const spent of ['under_half', 'over_half'] as const) metrics.staleAnswers.inc({ spent }, 0);
  const inquiryDeps = { clock, cache, flights, identities, leasedQuestions, metrics };

  return {
    async resolve(plan, { signal, delivery }) {
      throwIfCancelled(signal);
      const asker = toAsker(plan.caller, versionKey);
      const questions = toQuestions(plan, asker);
      const terms = toTerms(plan.freshness, limits, { delivery, calledAtMs: clock.now() });
      const answers = await new Inquiry(inquiryDeps, { asker, terms, signal }).answer(questions);
      const resolution = assemble(plan.objects, createProject(answers, versionKey));
      for (const answer of answers.values()) {
        if (answer.status === 'found') cache.used(answer.key, answer.content, terms.keepMs);
      }
      return resolution;
    },

    flush() {
      cache.clear();
      flights.forget();
    },
  };
}

/** What each object makes of the answer to its question, which is read at most once. */
function createProject(
  answers: ReadonlyMap<Question, Answer>,
  versionKey: SecretBytes,
): (object: PlannedObject) => Projection {
  const readers = new Map<PlannedObject, (object: PlannedObject) => Projection>();
  for (const [question, answer] of answers) {
    const reader = toReader(answer, versionKey);
    for (const object of question.objects) readers.set(object, reader);
  }
  return (object) => readers.get(object)?.(object) ?? failed(unanswered(object));
}

function toReader(answer: Answer, versionKey: SecretBytes): (object: PlannedObject) => Projection {
  if (answer.status === 'failed') return () => failed(answer.error);
  return answer.content.reader(versionKey);
}

function failed(error: SecretError): Projection {
  return { status: 'failed', error, sizeBytes: 0 };
}

function unanswered({ name }: PlannedObject): SecretError {
  return new SecretError('INTERNAL', `object ${JSON.stringify(name)} was not answered`);
}
