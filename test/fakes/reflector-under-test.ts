import { setImmediate } from 'node:timers/promises';

import type { KubeObject } from '../../src/kube/objects.ts';
import { resources } from '../../src/kube/objects.ts';
import { type Change, createReflector, type Watched } from '../../src/kube/watch/reflector.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { FakeClock } from './clock.ts';
import { listOf, ScriptedApi } from './scripted-api.ts';

export interface UnderTestOptions {
  readonly watched?: Partial<Watched<string>>;
  readonly random?: () => number;
}

/** A reflector of classes that keeps `spec.value`, with everything around it in the hands of the test. */
export function createReflectorUnderTest({ watched, random = () => 0.5 }: UnderTestOptions = {}) {
  const api = new ScriptedApi();
  const clock = new FakeClock();
  const metrics = createMetrics();
  const lines: LogLine[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(JSON.parse(line) as LogLine),
  });
  const changes: Change<string>[] = [];
  const reflector = createReflector<string>(
    { resource: resources.classes, keep: valueOf, ...watched },
    { client: api, clock, logger, metrics, random },
  );
  reflector.onChange((change) => changes.push(change));
  return {
    api,
    clock,
    metrics,
    lines,
    changes,
    reflector,
    /** Starts it and lets the first list go through. */
    async begin(): Promise<void> {
      await reflector.start(new AbortController().signal);
      await setImmediate();
    },
    /** Everything that needs no time happens. */
    flush: (): Promise<void> => setImmediate(),
    /** Time passes, in steps small enough for everything in between to happen when it is due. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(left, stepMs));
        await setImmediate();
      }
    },
    /** Full lists by reason. */
    async lists(): Promise<Readonly<Record<string, number>>> {
      const { values } = await metrics.relists.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]));
    },
    async reportedSilence(): Promise<number | undefined> {
      const { values } = await metrics.watchSilence.get();
      return values[0]?.value;
    },
  };
}

export type ReflectorUnderTest = ReturnType<typeof createReflectorUnderTest>;

/** One that has listed at version 10, and watches. */
export async function beginReflector(options: UnderTestOptions = {}): Promise<ReflectorUnderTest> {
  const under = createReflectorUnderTest(options);
  under.api.onList = () => listOf('10');
  await under.begin();
  return under;
}

/** From which versions it watched. */
export function versionsOf({ api }: ReflectorUnderTest): readonly string[] {
  return api.watches.map(({ options }) => options.resourceVersion);
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
  readonly namespace?: string;
}

const stepMs = 500;

function valueOf(object: KubeObject): string | undefined {
  const { spec } = object;
  return typeof spec === 'object' && spec !== null && 'value' in spec ? String(spec.value) : undefined;
}
