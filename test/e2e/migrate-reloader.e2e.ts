import { join } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

import { Guide } from './harness/guide.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, type RolledWorkload } from './harness/rollout-workload.ts';

const auto = 'reloader.stakater.com/auto';

rolloutE2e('Leaving Reloader', 'portal', (stand) => {
  let guide: Guide;
  let web: RolledWorkload;
  let other: RolledWorkload;
  /** Uids of their pods. */
  let pods: readonly string[];
  beforeAll(async () => {
    await stand().startController();
    const { run, dir, evidence } = stand().base;
    guide = new Guide('migration.md', {
      kubeconfig: run.cluster.kubeconfig,
      dir: join(dir, 'guide'),
      onOutput: (output) => evidence.add('commands', output),
    });
    // As migrate makes it: no rollout unless a workload says so.
    await stand().source('db', { rollout: { mode: 'Off' } });
    web = await stand().workload('Deployment', 'web', { uses: ['db'], annotations: { [auto]: 'true' } });
    other = await stand().workload('Deployment', 'other', { uses: ['db'] });
    pods = await running();
  });

  // An annotation of a Deployment counts as a change of it, so that its generation says nothing here.
  const running = async (): Promise<readonly string[]> => [...(await web.run(1)), ...(await other.run(1))];

  it('1. migrate names the setting for the annotation', async () => {
    const { code, output } = await guide.run('Reloader');

    expect(code).toBe(0);
    expect(output).toMatch(/warning: Deployment portal\/web: .*label it lockstep\.dev\/rollout: restart/);
    expect(output).toMatch(
      /0 objects translated, 0 errors, 1 warning; not of a tool that is translated: 2 Deployment\n$/,
    );
  });

  it('2. label on and annotation off, in one go, restarts nothing', async () => {
    expect(await guide.run('One workload')).toMatchObject({ code: 0 });

    await stand().known('db', web);
    expect(await running()).toEqual(pods);
  });

  it('3. the next value restarts it once, and nobody else', async () => {
    await stand().change('db', 'a');

    const annotation = await web.annotated(hashesAnnotation);
    await web.run(1, ({ metadata }) => metadata.annotations?.[hashesAnnotation] === annotation);
    const [restarted, untouched] = pods;
    pods = await running();
    expect(pods).not.toContain(restarted);
    expect(pods).toContain(untouched);
  });

  it('4. the way back: label off and annotation on, and lockstep leaves it alone', async () => {
    expect(await guide.run('Back to Reloader')).toMatchObject({ code: 0 });
    const value = await stand().change('db', 'a');
    await stand().tenant.value('db', value);
    // A change of a workload that lockstep rolls out has long begun when the next one has come and gone.
    const witness = await stand().workload('Deployment', 'witness', {
      uses: ['db'],
      labels: { 'lockstep.dev/rollout': 'restart' },
    });
    await witness.run(1);
    await stand().known('db', witness);
    await stand().change('db', 'a');
    await witness.annotated(hashesAnnotation);

    expect(await running()).toEqual(pods);
  });
});
