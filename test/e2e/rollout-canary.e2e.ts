import { beforeAll, describe, expect, it } from 'vitest';

import type { Controller } from './harness/controller.ts';
import { podMarks } from './harness/kwok.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, type RolledWorkload } from './harness/rollout-workload.ts';

rolloutE2e('Several workloads of one source', 'rollout-canary', (stand) => {
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
