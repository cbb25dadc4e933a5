import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, pinsAnnotation, type RolledWorkload, secretsOf } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';

const pin = { mode: 'Pin' };

rolloutE2e('What goes wrong in mode Pin', 'rollout-pin-failures', (stand) => {
  let api: ApiStand;
  let policy: PinPolicy;
  beforeAll(async () => {
    api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    policy = new PinPolicy(api);
    await policy.install();
    await stand().startController('--rollout-max-concurrent=100');
  });
  afterAll(async () => {
    await policy.remove();
    await api.close();
  });
  /** Name of the version that its only pod reads. */
  const pinOf = async (user: RolledWorkload): Promise<string> => {
    const pins = (await user.annotation(pinsAnnotation)) ?? '';
    const secret = pins.split('=')[1] ?? '';
    await user.run(1, (pod) => secretsOf(pod).join() === secret);
    return secret;
  };

  describe.concurrent('strands no pod:', () => {
    it('a namespace with no room for another Secret keeps its pods, says so, and goes on when there is', async () => {
      const space = await stand().beside('full');
      await space.source('full', { rollout: pin });
      const user = await space.workload('Deployment', 'full', { uses: ['full'] });
      const version = await space.known('full', user);
      const quotas = `/api/v1/namespaces/${space.tenant.namespace}/resourcequotas`;
      const body = { metadata: { name: 'full' }, spec: { hard: { 'count/secrets': '1' } } };
      await space.tenant.kube.call('POST', quotas, body);
      const isCounted = async (): Promise<boolean> => {
        const { status } = await space.tenant.kube.call<{ status?: { used?: object } }>('GET', `${quotas}/full`);
        return status?.used !== undefined;
      };
      await until(isCounted, { what: 'the quota to be in force' });
      const value = await space.change('full', 'a');
      const says = async () => await space.tenant.condition('full', 'RolloutComplete');
      await expect.poll(says, { timeout: 30_000 }).toMatchObject({
        status: 'False',
        reason: 'VersionNotKept',
        message: expect.stringContaining('quota'),
      });
      expect([await space.tenant.readValue('full'), await user.changes()]).toEqual([value, 0]);
      await space.tenant.kube.remove(`${quotas}/full`);
      await space.completed('full', version);
      await expect.poll(async () => await user.changes(), { timeout: 30_000 }).toBe(1);
      expect(await space.tenant.readValue(await pinOf(user))).toBe(value);
    });

    it('a value that is deleted in the store leaves Secrets and pods as they are', async () => {
      await stand().source('deleted', { rollout: pin });
      const user = await stand().workload('Deployment', 'deleted', { uses: ['deleted'] });
      const version = await stand().known('deleted', user);
      const value = await stand().change('deleted', 'a');
      await stand().completed('deleted', version);
      const secret = await pinOf(user);
      await stand().base.vault.call('DELETE', 'secret/data/deleted');
      await stand().tenant.untilSync('deleted', 'not to be ready', ({ status }) =>
        (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'False'),
      );
      const values = [await stand().tenant.readValue(secret), await stand().tenant.readValue('deleted')];
      expect(values).toEqual([value, value]);
      expect([await pinOf(user), await user.changes()]).toEqual([secret, 1]);
      expect(await stand().tenant.condition('deleted', 'RolloutComplete')).toMatchObject({ status: 'True' });
    });

    it('another mode restarts nothing; with the next value there is one annotation, of that mode', async () => {
      await stand().source('mode');
      const user = await stand().workload('StatefulSet', 'mode', { uses: ['mode'] });
      const versions = [await stand().known('mode', user)];
      await stand().change('mode', 'a');
      versions.push(await stand().completed('mode', versions.at(-1)));
      for (const [mode, has, hasNot] of [
        ['Pin', pinsAnnotation, hashesAnnotation],
        ['Restart', hashesAnnotation, pinsAnnotation],
      ] as const) {
        const before = await user.changes();
        await stand().sync('mode', { mode });
        await stand().untilRollout('mode', `to be in ${mode}`, ({ workloads }) => workloads?.[0]?.mode === mode);
        expect(await user.changes()).toBe(before);
        await stand().change('mode', 'a');
        versions.push(await stand().completed('mode', versions.at(-1)));
        expect(await user.annotated(has)).toContain('mode=');
        expect([await user.annotation(hasNot), await user.changes()]).toEqual([undefined, before + 1]);
      }
    });

    it('of two sources, each change leaves the other version as it is', async () => {
      for (const name of ['left', 'right']) await stand().source(name, { rollout: pin });
      const user = await stand().workload('Deployment', 'both', { uses: ['left', 'right'] });
      const versions = [await stand().known('left', user), await stand().known('right', user)];
      await stand().change('left', 'a');
      await stand().change('right', 'a');
      await stand().completed('left', versions[0]);
      const right = await stand().completed('right', versions[1]);
      const [left] = ((await user.annotation(pinsAnnotation)) ?? '').split(',');
      expect(left).toMatch(/^left=left-[0-9a-v]{12}$/);
      const value = await stand().change('right', 'a');
      await stand().completed('right', right);
      const pins = ((await user.annotation(pinsAnnotation)) ?? '').split(',');
      expect(pins).toEqual([left, expect.stringMatching(/^right=right-[0-9a-v]{12}$/)]);
      expect(await stand().tenant.readValue(pins[1]?.split('=')[1] ?? '')).toBe(value);
      expect(await user.changes()).toBe(2);
    });
  });

  it.for(['broken', 'gone'])('the policy is %s: pods start, with the stable Secret', async (what) => {
    const name = `policy-${what}`;
    await stand().source(name, { rollout: pin });
    const user = await stand().workload('Deployment', name, { uses: [name] });
    const version = await stand().known(name, user);
    await (what === 'broken' ? policy.break() : policy.remove());
    const value = await stand().change(name, 'a');
    await stand().completed(name, version);
    expect(await user.annotation(pinsAnnotation)).toMatch(new RegExp(`^${name}=`));
    await user.run(1, (pod) => secretsOf(pod).join() === name);
    expect(await stand().tenant.readValue(name)).toBe(value);
    await (what === 'broken' ? policy.install() : undefined);
  });
});
