import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { loadKubeConfig } from '../../src/kube/client/kube-config.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { collectRoots, type Roots } from '../../src/rollout/versions/roots.ts';
import { ChartIdentity } from './harness/chart-identity.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { writeKubeconfig } from './harness/kubeconfig.ts';
import { podMarks } from './harness/kwok.ts';
import { RolloutStand } from './harness/rollout-stand.ts';
import type { RolledOptions } from './harness/rollout-workload.ts';
import { soon } from './harness/until.ts';

const slug = 'chart-rollouts';
const system = `${slug}-system`;
const scope = [`controller.namespaces={${slug}}`];
const identity = new ChartIdentity('controller', [...scope, 'rollouts.enabled=true', 'rollouts.maxConcurrent=3']);
const withoutRollouts = new ChartIdentity('controller', scope);

/** Rules without which nothing is rolled out, and what the condition RolloutComplete says. */
const blocked = [
  ['deployments, statefulsets, daemonsets: list watch patch', 'Restart', 'may not list deployments.apps in namespace'],
  ['cronjobs: list watch patch', 'Restart', 'may not list cronjobs.batch in namespace'],
  ['namespaces: list watch', 'Restart', 'may not list namespaces in all namespaces'],
  [
    'mutatingadmissionpolicies, mutatingadmissionpolicybindings: get',
    'Pin',
    'grant it get on mutatingadmissionpolicies and mutatingadmissionpolicybindings of admissionregistration.k8s.io',
  ],
] as const;

/** Rules without which no version of a Secret is known to be out of use. */
const unswept = [
  ['replicasets, controllerrevisions: list', 'may not list replicasets.apps in namespace'],
  ['jobs: list', 'may not list jobs.batch in namespace'],
] as const;

const podsRule = 'pods: list';

controllerE2e({ name: 'Rollouts of the chart', slug, grant: [], identity }, (base) => {
  let stand: RolloutStand;
  beforeAll(async () => {
    stand = await RolloutStand.start(base());
  });
  afterAll(async () => stand.close());

  it('roll a workload out, with the rights and flags that the chart gives the controller', async () => {
    const controller = await base().startController(...identity.flags);
    await rollOut('good');

    await base().stopController(controller);
    expect(controller.log()).not.toContain('may not');
  });

  it('have these rules besides, and no others', async () => {
    await withoutRollouts.render({ system: 'elsewhere' });
    const besides = identity.rules.filter((rule) => !withoutRollouts.rules.includes(rule));
    const shown = [...blocked, ...unswept].map(([rule]): string => rule);
    expect(besides.toSorted()).toEqual([...shown, podsRule].toSorted());
  });

  it.for(blocked)('without %s: mode %s breaks', async ([rule, mode, says]) => {
    await using _without = await identity.without(rule);
    const controller = await base().startController(...identity.flags);
    const name = `without-${rule.slice(0, 4)}`;
    await stand.source(name, { rollout: { mode } });

    await expect
      .poll(() => base().tenant.condition(name, 'RolloutComplete'), soon)
      .toMatchObject({
        status: expect.stringMatching(/False|Unknown/),
        message: expect.stringContaining(says),
      });
    await base().kube.remove(base().tenant.syncPath(name));
    await base().stopController(controller);
  });

  it(`without ${podsRule}: breaks the reason of a rollout that does not become healthy, and not the rollout`, async () => {
    await using _without = await identity.without(podsRule);
    const controller = await base().startController(...identity.flags);
    // Long enough for one look at the pods, which comes every five seconds.
    await rollOut('unseen', { [podMarks.startsIn]: '7s' });

    expect(controller.log()).toContain(`lockstep may not list pods in namespace ${slug}`);
    await base().stopController(controller);
  });

  it.for(unswept)('without %s: breaks the removal of old versions', async ([rule, says]) => {
    await expect(findUsed()).resolves.toHaveProperty('live');
    await using _without = await identity.without(rule);

    await expect.poll(() => findUsed().catch(String), soon).toContain(says);
  });

  async function rollOut(name: string, marks: RolledOptions['marks'] = {}): Promise<void> {
    await stand.source(name);
    const workload = await stand.workload('Deployment', name, { uses: [name], marks });
    await workload.run(1);
    const version = await stand.known(name, workload);
    await stand.change(name, 'a');
    await stand.completed(name, version);
    await base().kube.remove(base().tenant.syncPath(name));
  }

  /** As the controller does it every ten minutes. */
  async function findUsed(): Promise<Roots> {
    const file = join(base().dir, 'sweep.kubeconfig');
    const audience = 'https://kubernetes.default.svc.cluster.local';
    const serviceAccount = `${system}-lockstep-controller`;
    const { token } = await base().kube.createToken({ namespace: system, serviceAccount, audience });
    base().evidence.mark('the controller’s own token', token);
    const { server, ca } = base().run.cluster;
    writeKubeconfig(file, { server, ca, token });
    const client = createApiClient(loadKubeConfig(file), { clock: systemClock, metrics: createMetrics() });
    const wanted = { namespace: slug, versions: new Set(['db-000000000001']), sources: new Set(['db']) };
    try {
      return await collectRoots(client, wanted, { signal: AbortSignal.timeout(10_000) });
    } finally {
      await client.close();
    }
  }
});
