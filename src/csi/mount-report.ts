import { LRUCache } from 'lru-cache';

import type { SecretError } from '../core/errors.ts';
import type { ResolvedObject } from '../core/plan.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { ClassInput } from '../spc/dialect.ts';
import type { Delivery } from './deliveries.ts';
import { MountProblems } from './mount-failure.ts';

export interface MountReportDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'mounts' | 'mountDuration'>;
}

/** What one mount says of itself: metrics, and audit lines without a value or a token. */
export interface MountRecord {
  /** Who asks, as soon as it is known. */
  readonly identify: (input: ClassInput, volume: string) => void;
  served(objects: readonly ResolvedObject[], delivery: Delivery): void;
  failed(error: SecretError): void;
}

export interface MountReport {
  begin(provider: ProviderName, arrivedAtMs: number): MountRecord;
}

interface Failure {
  readonly text: string;
  readonly loggedAtMs: number;
  /** Equal ones since the line. */
  readonly repeated: number;
}

/** Volumes whose last failure is remembered. */
const maxFailures = 2048;
/** An equal failure of a volume gets a line again after so long. */
const repeatAfterMs = 600_000;
/** Objects that an audit line names. */
const maxNamed = 100;

export function createMountReport({ clock, logger, metrics }: MountReportDeps): MountReport {
  const failures = new LRUCache<string, Failure>({ max: maxFailures });

  /** Undefined: an equal failure was logged lately. Else how many were left out since. */
  function noteFailure(subject: string, text: string): number | undefined {
    const last = failures.get(subject);
    const now = clock.now();
    const isEqual = last?.text === text;
    if (isEqual && now - last.loggedAtMs < repeatAfterMs) {
      failures.set(subject, { ...last, repeated: last.repeated + 1 });
      return undefined;
    }
    failures.set(subject, { text, loggedAtMs: now, repeated: 0 });
    return isEqual ? last.repeated : 0;
  }

  return {
    begin(provider, arrivedAtMs) {
      let subject: string = provider;
      let who: object = { provider };

      const finish = (outcome: string): void => {
        metrics.mounts.inc({ provider, outcome });
        metrics.mountDuration.observe({ provider }, (clock.now() - arrivedAtMs) / 1000);
      };

      return {
        identify(input, volume) {
          subject = volume;
          who = { provider, ...describeCaller(input) };
        },
        served(objects, delivery) {
          finish('ok');
          if (failures.delete(subject)) logger.info({ ...who }, 'mount recovered');
          logDelivery(logger, { who, objects, delivery });
        },
        failed(error) {
          finish(error.code);
          const repeated = noteFailure(subject, `${error.code} ${error.message}`);
          if (repeated !== undefined) logger.warn({ ...who, ...describeError(error), repeated }, 'mount failed');
        },
      };
    },
  };
}

function describeCaller({ caller, parameters }: ClassInput): object {
  return {
    namespace: caller.namespace,
    serviceAccount: caller.serviceAccount,
    pod: caller.pod?.name,
    class: parameters.get('secretProviderClass'),
  };
}

interface DeliveryLine {
  readonly who: object;
  readonly objects: readonly ResolvedObject[];
  readonly delivery: Delivery;
}

function logDelivery(logger: Logger, { who, objects, delivery }: DeliveryLine): void {
  if (delivery.kind === 'same') return;
  const versions = objects.slice(0, maxNamed).map(({ name, path, version }) => ({ name, path, version }));
  const audit = { audit: true, ...who, count: objects.length, objects: versions };
  if (delivery.kind === 'first') logger.info(audit, 'delivered');
  else logger.info({ ...audit, changed: delivery.paths.slice(0, maxNamed) }, 'changed');
}

function describeError(error: SecretError): object {
  const { code, message, cause } = error;
  if (!(cause instanceof MountProblems)) return { code, message, err: cause };
  return { code, message, problems: cause.problems, err: cause.cause };
}
