import { afterAll, beforeAll, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { podMarks } from './harness/kwok.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { pinsAnnotation, type RolledWorkload, secretsOf } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';

const count = 200;
/** Of the cluster; the source alone would allow more. */
const bound = 20;
const patient = { timeoutMs: 300_000, intervalMs: 250 };

rolloutE2e('Two hundred workloads of one source, pinned', 'rollout-many', (stand) => {
  let api: ApiStand;
  let policy: PinPolicy;
  let controller: Controller;
  let canary: RolledWorkload;
  let others: readonly RolledWorkload[];
  let old: string;
  beforeAll(async () => {
    api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    policy = new PinPolicy(api);
    await policy.install();
    controller = await stand().startController(`--rollout-max-concurrent=${bound}`);
    await stand().source('all', { rollout: { mode: 'Pin', maxConcurrent: 2 * bound, canary: { soak: '3s' } } });
    canary = await create(0, podMarks.byHand, 'true');
    const numbers = Array.from({ length: count - 1 }, (_, index) => index + 1);
    others = await Promise.all(numbers.map((number) => create(number, podMarks.startsIn, '1s')));
    for (const other of others) await other.run(1);
    await canary.play();
    // One that is not well yet is no canary; controller-manager comes to it after the others.
    await stand().kubectl('rollout', 'status', canary.ref, '--timeout=120s');
    await stand().known('all', canary, ...others);
  }, 300_000);
  afterAll(async () => {
    await policy.remove();
    await api.close();
  });

  const create = (number: number, mark: string, value: string): Promise<RolledWorkload> =>
    stand().workload('Deployment', `all-${String(number).padStart(3, '0')}`, {
      uses: ['all'],
      marks: { [mark]: value },
    });
  /** Until a version other than that one has reached all. The test is the canary's kubelet. */
  const complete = async (before: string | undefined, look?: () => Promise<void>): Promise<void> => {
    const isComplete = async (): Promise<boolean> => {
      await canary.play();
      await look?.();
      const now = await stand().rollout('all');
      return now?.state === 'Complete' && now.version !== before;
    };
    await until(isComplete, { ...patient, what: 'all to have the version' });
  };
  const patched = () =>
    controller.front.records.filter(({ verb, resource }) => verb === 'apply' && resource === 'deployments');
  const version = async (): Promise<string | undefined> => (await stand().rollout('all'))?.version;

  it('follow a canary that has soaked, never more at a time than the bound', async () => {
    const before = await version();
    controller.front.forget();
    old = await stand().change('all', 'a');
    let most = 0;
    await complete(before, async () => {
      most = Math.max(most, (await stand().inFlight()).length);
    });
    expect(most).toBeGreaterThan(bound / 2);
    expect(most).toBeLessThanOrEqual(bound);
    const [first, second, ...rest] = patched();
    expect([first?.name, rest.length]).toEqual([canary.name, count - 2]);
    expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThan(3000);
    expect(await Promise.all(others.map((other) => other.changes()))).toEqual(others.map(() => 1));
  });

  it('are left alone when it fails, with the old bytes; the next value heals the canary first', async () => {
    const pins = (await canary.annotation(pinsAnnotation)) ?? '';
    const pinned = pins.split('=')[1] ?? '';
    await stand().change('all', 'a');
    await canary.annotated(pinsAnnotation, pins);
    const isHalted = async (): Promise<boolean> => {
      await canary.play('CrashLoopBackOff');
      return (await stand().rollout('all'))?.state === 'Halted';
    };
    await until(isHalted, { ...patient, what: 'the version to be halted' });
    for (const other of others) {
      await other.run(1, (pod) => secretsOf(pod).join() === pinned);
      expect(await other.changes()).toBe(1);
    }
    expect(await stand().tenant.readValue(pinned)).toBe(old);

    const halted = await version();
    controller.front.forget();
    await stand().change('all', 'a');
    await complete(halted);
    expect([patched().length, patched()[0]?.name]).toEqual([count, canary.name]);
  });
});
