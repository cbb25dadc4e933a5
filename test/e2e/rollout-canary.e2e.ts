import { beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { podMarks } from './harness/kwok.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, pinsAnnotation, type RolledWorkload, secretsOf } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';

const many = 40;

rolloutE2e('Many workloads of one source', 'rollout-many', (stand) => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await stand().startController('--rollout-max-concurrent=6');
  });
  const create = async (source: string, count: number, options = {}): Promise<readonly RolledWorkload[]> => {
    const numbers = Array.from({ length: count }, (_, index) => String(index).padStart(2, '0'));
    return await Promise.all(
      numbers.map((number) => stand().workload('Deployment', `${source}-${number}`, { uses: [source], ...options })),
    );
  };
  const patched = (source: string) =>
    controller.front.records.filter(
      ({ verb, resource, name = '' }) => verb === 'apply' && resource === 'deployments' && name.startsWith(source),
    );

  it('follow a canary that has soaked, never more at a time than the bound of source and cluster', async () => {
    await stand().source('all', { rollout: { maxConcurrent: 20, canary: { soak: '3s' } } });
    const users = await create('all', many, { marks: { [podMarks.startsIn]: '1s' } });
    for (const user of users) await user.run(1);
    const version = await stand().known('all', ...users);
    controller.front.forget();
    await stand().change('all', 'a');
    let most = 0;
    const isDone = async (): Promise<boolean> => {
      const inFlight = await stand().inFlight();
      most = Math.max(most, inFlight.length);
      const now = await stand().rollout('all');
      return now?.state === 'Complete' && now.version !== version;
    };
    await until(isDone, { what: 'all to have it', timeoutMs: 120_000 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(6);
    const [canary, second, ...rest] = patched('all');
    expect(rest).toHaveLength(many - 2);
    expect((second?.startedAt ?? 0) - (canary?.startedAt ?? 0)).toBeGreaterThan(3000);
    expect(await Promise.all(users.map((user) => user.changes()))).toEqual(users.map(() => 1));
  });

  describe('with a canary that fails', () => {
    it.for([
      { kind: 'Deployment', waits: 'CrashLoopBackOff' },
      { kind: 'StatefulSet', waits: 'CreateContainerConfigError' },
      { kind: 'DaemonSet', waits: 'ImagePullBackOff' },
      { kind: 'Deployment', waits: 'ContainerCreating', reason: 'ProgressDeadlineExceeded' },
    ] as const)(
      'a $kind with $waits: the others are left alone until somebody resumes the version',
      async ({ kind, waits, reason = waits }) => {
        const name = `halt-${reason.toLowerCase()}`;
        await stand().source(name, { rollout: { maxConcurrent: 5 } });
        const marks = { [podMarks.failsOnceStamped]: waits };
        const spec = kind === 'Deployment' ? { progressDeadlineSeconds: 2 } : {};
        const canary = await stand().workload(kind, `${name}-0`, { uses: [name], marks, spec });
        const others = await create(name, 3, { labels: { 'lockstep.dev/rollout-order': '1' } });
        for (const user of [canary, ...others]) await user.run(1);
        await stand().known(name, canary, ...others);
        await stand().change(name, 'a');
        const { message, halted, waiting } = await stand().untilRollout(
          name,
          'to be halted',
          ({ state }) => state === 'Halted',
        );
        expect(halted).toMatchObject({ workload: canary.key, reason });
        expect([waiting, await Promise.all(others.map((each) => each.changes()))]).toEqual([3, [0, 0, 0]]);
        expect(await stand().tenant.untilEvent(name, 'RolloutHalted')).toMatchObject({ type: 'Warning' });
        await stand().tenant.untilEvent(canary.name, 'RolloutFailed');
        expect(await controller.metric('lockstep_rollout_workloads', 'state="Failed"')).toBeGreaterThan(0);

        const [, command = ''] = /kubectl (annotate .*)/.exec(message) ?? [];
        await stand().kubectl(...command.replace(/ --namespace=\S+/, '').split(' '));
        await stand().untilRollout(name, 'to go on', ({ updated, failed }) => updated === 3 && failed === 1);
        expect(await Promise.all([canary, ...others].map((each) => each.changes()))).toEqual([1, 1, 1, 1]);
      },
    );

    it('in Pin: the others still have the old bytes, and the next value heals the canary first', async () => {
      const api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
      const policy = new PinPolicy(api);
      await policy.install();
      await stand().source('pin', { rollout: { mode: 'Pin', maxConcurrent: 20 } });
      const marks = { [podMarks.byHand]: 'true' };
      const canary = await stand().workload('Deployment', 'pin-0', { uses: ['pin'], marks });
      const others = await create('pin', 10);
      const version = await stand().known('pin', canary, ...others);
      const isComplete = async (before: string | undefined): Promise<boolean> => {
        await canary.play();
        const now = await stand().rollout('pin');
        return now?.state === 'Complete' && now.version !== before;
      };
      const old = await stand().change('pin', 'a');
      await until(async () => await isComplete(version), { what: 'all to be pinned', timeoutMs: 60_000 });
      const pins = (await others[0]?.annotation(pinsAnnotation)) ?? '';

      await stand().change('pin', 'a');
      await canary.annotated(pinsAnnotation, pins);
      const isHalted = async (): Promise<boolean> => {
        await canary.play('CrashLoopBackOff');
        return (await stand().rollout('pin'))?.state === 'Halted';
      };
      await until(isHalted, { what: 'the version to be halted' });
      for (const each of others) {
        await each.run(1, (pod) => secretsOf(pod).join() === pins.split('=')[1]);
        expect(await each.changes()).toBe(1);
      }
      expect(await stand().tenant.readValue(pins.split('=')[1] ?? '')).toBe(old);

      const halted = (await stand().rollout('pin'))?.version;
      controller.front.forget();
      await stand().change('pin', 'a');
      await until(async () => await isComplete(halted), { what: 'the next version to be complete', timeoutMs: 60_000 });
      expect(patched('pin').map(({ name }) => name)).toHaveLength(others.length + 1);
      expect(patched('pin')[0]?.name).toBe(canary.name);
      await policy.remove();
      await api.close();
    });
  });

  it('of which one was broken before: it comes last, is no canary, and strands nobody', async () => {
    await stand().source('dev', { rollout: { maxConcurrent: 2 } });
    const marks = { [podMarks.fails]: 'CrashLoopBackOff' };
    const spec = { progressDeadlineSeconds: 1, minReadySeconds: 0 };
    const broken = await stand().workload('Deployment', 'dev-0', { uses: ['dev'], marks, spec });
    const others = await create('dev', 5);
    for (const user of others) await user.run(1);
    await stand().known('dev', broken, ...others);
    controller.front.forget();
    await stand().change('dev', 'a');
    const { halted } = await stand().untilRollout(
      'dev',
      'to be over',
      ({ updated, failed }) => updated === 5 && failed === 1,
    );
    expect(halted).toBeUndefined();
    await broken.annotated(hashesAnnotation);
    expect(patched('dev').at(-1)?.name).toBe(broken.name);
  });
});
