import { expect, it } from 'vitest';

import { ChartIdentity } from './harness/chart-identity.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { RolloutStand } from './harness/rollout-stand.ts';

const slug = 'chart-rollouts';
const identity = new ChartIdentity('controller', [`controller.namespaces={${slug}}`, 'rollouts.enabled=true']);

controllerE2e({ name: 'Rollouts of the chart', slug, grant: [], identity }, (base) => {
  it('explore', async () => {
    const stand = await RolloutStand.start(base());
    let n = 0;
    for (const rule of ['none', ...identity.rules.filter((r) => /deploy|cron|pods|replica|jobs|namespaces|mutating/.test(r))]) {
      console.log('=====', rule);
      const _x = rule === 'none' ? undefined : await identity.without(rule);
      try {
        const c = await base().startController(...identity.flags);
        const name = `r${n++}`;
        await stand.source(name, rule.includes('mutating') || rule.includes('replica') || rule.includes('jobs') ? { rollout: { mode: 'Pin' } } : {});
        const w = await stand.workload('Deployment', `${name}-w`, { uses: [name] });
        await w.run(1);
        await new Promise((r) => setTimeout(r, 2500));
        await stand.change(name, 'a');
        await new Promise((r) => setTimeout(r, 9000));
        const s = await base().tenant.readSync(name);
        console.log(JSON.stringify(s?.status?.conditions?.map((x) => [x.type, x.status, x.reason, x.message])), JSON.stringify((s?.status as any)?.rollout)?.slice(0, 800));
        console.log(c.log().split('\n').filter((l) => /level":(40|50|"warn|"error)|orbidden|KUBE/.test(l)).map((l) => l.slice(0, 500)).slice(0, 4).join('\n'));
        await base().tenant.kube.remove(base().tenant.syncPath(name));
        await base().stopController(c);
      } catch (e) { console.log('ERR', String(e).slice(0, 1500)); }
      await _x?.[Symbol.asyncDispose]();
    }
    await stand.close();
    expect(1).toBe(1);
  });
});
