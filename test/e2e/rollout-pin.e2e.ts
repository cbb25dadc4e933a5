import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { pinsAnnotation, type RolledKind, secretsOf } from './harness/rollout-workload.ts';

const kinds: readonly RolledKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const pin = { mode: 'Pin' };

rolloutE2e('Pods that are pinned to a version', 'rollout-pin', (stand) => {
  let api: ApiStand;
  let policy: PinPolicy;
  beforeAll(async () => {
    api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    policy = new PinPolicy(api);
    await policy.remove();
    await stand().startController('--rollout-max-concurrent=100');
  });
  afterAll(async () => {
    await policy.remove();
    await api.close();
  });

  it('need the policy: without it nothing is rolled out, and the condition says what to do', async () => {
    await stand().source('early', { rollout: pin });
    const user = await stand().workload('Deployment', 'early', { uses: ['early'] });
    await user.run(1, (pod) => secretsOf(pod).includes('early'));
    const says = async () => await stand().tenant.condition('early', 'RolloutComplete');
    await expect.poll(says).toMatchObject({
      status: 'False',
      reason: 'PinUnsupported',
      message: expect.stringMatching(/deploy\/policies\/pin-secrets\.yaml.*Restart/),
    });
    const value = await stand().change('early', 'a');
    await stand().tenant.value('early', value);
    expect([await user.changes(), await user.annotation(pinsAnnotation)]).toEqual([0, undefined]);

    await policy.install();
    await expect.poll(says, { timeout: 30_000 }).toMatchObject({ status: 'True' });
    const version = await stand().known('early', user);
    expect(await user.changes()).toBe(0);
    await stand().change('early', 'a');
    await stand().completed('early', version);
    expect(await user.changes()).toBe(1);
  });

  describe.concurrent('with the policy', () => {
    it.for(kinds)('of a %s: an undo brings the old bytes back, and stays until the next value', async (kind) => {
      const name = `undone-${kind.toLowerCase()}`;
      await stand().source(name, { rollout: pin });
      const user = await stand().workload(kind, name, { uses: [name] });
      await user.run(1, (pod) => secretsOf(pod).includes(name));
      const versions = [await stand().known(name, user)];
      expect(await user.changes()).toBe(0);
      const old = await stand().change(name, 'a');
      versions.push(await stand().completed(name, versions.at(-1)));
      const pins = (await user.annotation(pinsAnnotation)) ?? '';
      const fresh = await stand().change(name, 'a');
      versions.push(await stand().completed(name, versions.at(-1)));
      const newPins = (await user.annotation(pinsAnnotation)) ?? '';
      const uses = async (annotation: string): Promise<string | undefined> => {
        const secret = annotation.split('=')[1] ?? '';
        await user.run(1, (pod) => secretsOf(pod).join() === secret);
        expect((await stand().tenant.readSecret(secret))?.immutable).toBe(true);
        return await stand().tenant.readValue(secret);
      };
      expect(pins).toMatch(new RegExp(`^${name}=${name}-[0-9a-v]{12}$`));
      expect(await uses(newPins)).toBe(fresh);

      await stand().kubectl('rollout', 'undo', user.ref);
      expect(await uses(pins)).toBe(old);
      await stand().untilRollout(name, 'to hold it', ({ state, held }) => state === 'Held' && held === 1);
      expect((await stand().tenant.untilEvent(name, 'RolloutHeld')).note).toContain('until the next version');
      expect(await stand().tenant.readValue(name)).toBe(fresh);
      expect([await user.annotation(pinsAnnotation), await user.changes()]).toEqual([pins, 3]);

      const next = await stand().change(name, 'a');
      await stand().completed(name, versions.at(-1));
      expect(await uses((await user.annotation(pinsAnnotation)) ?? '')).toBe(next);
      expect(await user.changes()).toBe(4);
    });

    it('of a CronJob: its template names the version, and no Job is started', async () => {
      await stand().source('cron', { rollout: pin });
      const cronJob = await stand().workload('CronJob', 'cron', { uses: ['cron'], spec: { suspend: true } });
      const version = await stand().known('cron', cronJob);
      const value = await stand().change('cron', 'a');
      await stand().completed('cron', version);
      const pins = await cronJob.annotation(pinsAnnotation);
      expect(await stand().tenant.readValue(pins?.split('=')[1] ?? '')).toBe(value);
      const jobs = `/apis/batch/v1/namespaces/${stand().tenant.namespace}/jobs`;
      expect(await stand().tenant.kube.call('GET', jobs)).toMatchObject({ items: [] });
    });

    it('are the same Secret again when a value comes back', async () => {
      await stand().source('back', { rollout: pin });
      const user = await stand().workload('Deployment', 'back', { uses: ['back'] });
      const start = await stand().known('back', user);
      const first = await stand().change('back', 'a');
      const second = await stand().completed('back', start);
      const pins = (await user.annotation(pinsAnnotation)) ?? '';
      const uid = (await stand().tenant.readSecret(pins.split('=')[1] ?? ''))?.metadata.uid;
      await stand().change('back', 'a');
      const third = await stand().completed('back', second);
      await stand().put('back', { a: first });
      await stand().completed('back', third);
      expect(await user.annotation(pinsAnnotation)).toBe(pins);
      expect((await stand().tenant.readSecret(pins.split('=')[1] ?? ''))?.metadata.uid).toBe(uid);
    });

    it('do not see what somebody does to the stable Secret, which is put right', async () => {
      await stand().source('alias', { rollout: pin });
      const user = await stand().workload('Deployment', 'alias', { uses: ['alias'] });
      const version = await stand().known('alias', user);
      const value = await stand().change('alias', 'a');
      await stand().completed('alias', version);
      const pins = (await user.annotation(pinsAnnotation)) ?? '';
      const [pod = ''] = await user.run(1, (each) => secretsOf(each).join() === pins.split('=')[1]);
      await stand().tenant.patchSecret('alias', { data: { a: btoa('typed by hand') } });
      await stand().tenant.value('alias', value);
      expect(await stand().tenant.readValue(pins.split('=')[1] ?? '')).toBe(value);
      expect(await user.run(1)).toEqual([pod]);
      expect(await user.changes()).toBe(1);
    });

    it('start with the stable Secret when somebody writes nonsense into the annotation', async () => {
      await stand().source('nonsense', { rollout: pin });
      const marks = { [pinsAnnotation]: 'nonsense=,nonsense=other-0123456789ab,,=' };
      const user = await stand().workload('Deployment', 'nonsense', { uses: ['nonsense'], marks });
      await user.run(1, (pod) => secretsOf(pod).join() === 'nonsense');
      const version = await stand().known('nonsense', user);
      await stand().change('nonsense', 'a');
      await stand().completed('nonsense', version);
      expect(await user.annotation(pinsAnnotation)).toMatch(/^nonsense=nonsense-[0-9a-v]{12}$/);
    });
  });
});
