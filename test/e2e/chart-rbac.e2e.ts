import { beforeAll, expect, it } from 'vitest';

import { ChartIdentity } from './harness/chart-identity.ts';
import { controllerE2e } from './harness/controller-e2e.ts';

const slug = 'chart-rbac';
const identity = new ChartIdentity([`controller.namespaces={${slug}}`]);

controllerE2e({ name: 'The controller of the chart', slug, grant: [], identity }, (stand) => {
  let value: string;
  beforeAll(async () => {
    value = await stand().putSecret('chart/a');
  });

  it('keeps a Secret, with the rights and flags that the chart gives it', async () => {
    const controller = await stand().startController(...identity.flags);
    await stand().tenant.putPair('kept', 'chart/a');

    await stand().tenant.value('kept', value);
    await stand().stopController(controller);
    expect(controller.log()).not.toContain('forbidden');
  });
  it('explore', async () => {
    let n = 0;
    for (const rule of identity.rules) {
      console.log('=====', rule);
      if (rule.endsWith('leases: create')) await stand().kube.remove(`/apis/coordination.k8s.io/v1/namespaces/${stand().system}/leases/lockstep-controller`);
      if (rule.endsWith('secrets: create') && rule.startsWith('own')) await stand().kube.remove(`/api/v1/namespaces/${stand().system}/secrets/lockstep-version-key`);
      await using _x = await identity.without(rule);
      try {
        const c = await stand().startController(...identity.flags);
        const name = `r${n++}`;
        await stand().tenant.putPair(name, 'chart/a');
        await new Promise((r) => setTimeout(r, 3000));
        console.log(JSON.stringify((await stand().tenant.readSync(name))?.status?.conditions?.map((c) => [c.type, c.status, c.reason, c.message])), 'secret', await stand().tenant.readValue(name) === value);
        console.log(c.log().split('\n').filter((l) => /level":(40|50|"warn|"error)|orbidden|KUBE/.test(l)).map((l) => l.slice(0, 600)).slice(0, 6).join('\n'));
        await stand().tenant.kube.remove(stand().tenant.syncPath(name));
        await stand().stopController(c);
      } catch (e) { console.log('ERR', String(e).slice(0, 1500)); }
    }
  });
});
