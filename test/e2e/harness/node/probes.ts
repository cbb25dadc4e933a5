import { setTimeout as sleep } from 'node:timers/promises';

import type { ContainerPlan, ProbePlan } from './pod-plan.ts';

export interface ProbesOptions {
  /** Rejects where the answer is none or a bad one. */
  readonly ask: (port: number, path: string, timeoutMs: number) => Promise<unknown>;
  /** Whenever the container becomes ready, or is so no more. */
  readonly onReady: (isReady: boolean) => Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Asks a container as its probes say: the startup probe until it succeeds, then the others until the signal. Without a probe it
 * is ready. Rejects where kubelet would restart it.
 */
export async function runProbes(container: ContainerPlan, options: ProbesOptions): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  try {
    if (startupProbe) await untilAnswer(startupProbe, container, options);
    if (readinessProbe === undefined) await options.onReady(true);
    await Promise.all([
      livenessProbe && watchLife(livenessProbe, container, options),
      readinessProbe && watchReadiness(readinessProbe, container, options),
    ]);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}

async function untilAnswer(probe: ProbePlan, container: ContainerPlan, options: ProbesOptions): Promise<void> {
  for (let failed = 0; !(await answers(probe, container, options));) {
    if (++failed >= probe.failureThreshold) throw new Error(`the startup probe failed ${failed} times`);
    await pause(probe, options);
  }
}

async function watchLife(probe: ProbePlan, container: ContainerPlan, options: ProbesOptions): Promise<void> {
  for (let failed = 0; ; await pause(probe, options)) {
    failed = (await answers(probe, container, options)) ? 0 : failed + 1;
    if (failed >= probe.failureThreshold) throw new Error(`the liveness probe failed ${failed} times`);
  }
}

async function watchReadiness(probe: ProbePlan, container: ContainerPlan, options: ProbesOptions): Promise<void> {
  let isReady = false;
  for (let failed = 0; ; await pause(probe, options)) {
    failed = (await answers(probe, container, options)) ? 0 : failed + 1;
    // One answer makes it ready; several that fail make it unready.
    const isNow: boolean = failed === 0 || (isReady && failed < probe.failureThreshold);
    if (isNow !== isReady) await options.onReady(isNow);
    isReady = isNow;
  }
}

async function answers(
  { httpGet, timeoutSeconds }: ProbePlan,
  { ports }: ContainerPlan,
  { ask }: ProbesOptions,
): Promise<boolean> {
  const named = ports.find(({ name }) => name === httpGet.port)?.containerPort;
  const port = typeof httpGet.port === 'number' ? httpGet.port : named;
  if (port === undefined) throw new Error(`a probe asks port ${httpGet.port}, and the container has none of that name`);
  return await ask(port, httpGet.path, timeoutSeconds * 1000).then(
    () => true,
    () => false,
  );
}

async function pause({ periodSeconds }: ProbePlan, { signal }: ProbesOptions): Promise<void> {
  await sleep(periodSeconds * 1000, undefined, { signal });
}
