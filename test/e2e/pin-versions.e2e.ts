import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiE2e } from './harness/api-e2e.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { PinVersions } from './harness/pin-versions.ts';
import { type PodMaker, PinnedWorkload } from './harness/pinned-workload.ts';
import { until } from './harness/until.ts';

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const satisfies readonly PodMaker[];

apiE2e('Versions in mode Pin', 'pin-versions', (stand) => {
  let started: PinVersions | undefined;
  const policy = (): PinPolicy => new PinPolicy(stand());
  const versions = (): PinVersions => {
    if (started === undefined) throw new Error('the collector has not started');
    return started;
  };
  beforeAll(async () => {
    await policy().remove();
    started = await PinVersions.start(stand());
  });
  afterAll(async () => {
    await started?.close();
    await policy().remove();
  });

  it('are possible where the policy is, and elsewhere it says what to do', async () => {
    const remedy = expect.stringMatching('apply deploy/policies/pin-secrets.yaml, or use the mode Restart');
    expect(await versions().support()).toEqual({ ok: false, reason: expect.stringMatching('there is no'), remedy });
    await policy().install();
    expect(await versions().support()).toEqual({ ok: true });
    const unseen = { ok: false, reason: expect.stringMatching('may not look'), remedy: expect.stringMatching('grant') };
    expect(await versions().supportUnseen()).toEqual(unseen);
  });

  it('are immutable, have the bytes, and are the same Secret when content comes back', async () => {
    const name = await versions().ensure('first');
    const made = await versions().get(name);
    expect(made).toMatchObject({ immutable: true, type: 'Opaque', data: { password: btoa('first') } });
    await expect(versions().patch(name, { data: { password: btoa('other') } })).rejects.toThrow('immutable');
    expect(await versions().ensure('second')).not.toBe(name);
    expect(await versions().ensure('first')).toBe(name);
    expect((await versions().get(name))?.metadata.uid).toBe(made?.metadata.uid);
  });

  describe('with workloads of the real controllers', () => {
    let names: readonly string[] = [];
    let workloads: readonly PinnedWorkload[] = [];

    beforeAll(async () => {
      names = [];
      for (const password of ['a', 'b', 'c', 'd', 'e']) names = [...names, await versions().ensure(password)];
      const [a = '', b = ''] = names;
      const toWorkload = async (kind: PodMaker): Promise<PinnedWorkload> =>
        await PinnedWorkload.create(stand(), kind, { name: `kept-${kind.toLowerCase()}`, pins: `db=${a}` });
      workloads = await Promise.all(kinds.map(toWorkload));
      for (const workload of workloads) {
        await workload.podWith(a);
        await workload.pin(`db=${b}`);
        await workload.podWith(b);
      }
    });

    it('stay as long as an undo can bring them back, which it then does', async () => {
      const [a = '', b = '', c = '', d = '', e = ''] = names;
      await versions().sweep('History', e);
      const report = await versions().sweep('History', e);
      expect(report).toMatchObject({ outcome: 'Swept', sources: new Map([['db', { versions: 4 }]]) });
      expect(await versions().left(names)).toEqual([a, b, d, e]);
      expect(await versions().left([c])).toEqual([]);
      for (const workload of workloads) {
        const kind = workload.kind.toLowerCase();
        await policy().kubectl('rollout', 'undo', `--namespace=${stand().namespace}`, `${kind}/${workload.name}`);
        await workload.podWith(a);
      }
      expect(await versions().get(a)).toMatchObject({ data: { password: btoa('a') } });
    });

    it('go in InUse when no pod has them any more, and the signal names the oldest one', async () => {
      const [a = '', , , , e = ''] = names;
      const isDone = async (): Promise<boolean> => {
        const report = await versions().sweep('InUse', e);
        expect(report).toMatchObject({
          outcome: 'Swept',
          sources: new Map([['db', { oldestInUse: { kind: 'Oldest', name: a } }]]),
        });
        return (await versions().left(names)).length === 2;
      };
      await until(isDone, { what: 'the versions that only an undo could reach to be gone' });
      expect(await versions().left(names)).toEqual([a, e]);
    });

    it('stay when their content comes back between look and deletion', async () => {
      const name = await versions().ensure('late');
      const [, , , , e = ''] = names;
      await versions().sweep('InUse', e);
      const uid = (await versions().get(name))?.metadata.uid;
      const report = await versions().sweep('InUse', e, async () => await versions().ensure('late'));
      expect(report).toMatchObject({ outcome: 'Swept', deleted: [] });
      expect((await versions().get(name))?.metadata.uid).toBe(uid);
      expect(await versions().sweep('InUse', e)).toMatchObject({ deleted: [] });
      expect(await versions().sweep('InUse', e)).toMatchObject({ deleted: [name] });
    });

    it('are of an unknown age while a pod reads the stable Secret', async () => {
      const workload = await PinnedWorkload.create(stand(), 'Deployment', { name: 'unpinned', pins: 'none' });
      await workload.podWith('db');
      const report = await versions().sweep('InUse', names[4] ?? '');
      expect(report).toMatchObject({ sources: new Map([['db', { oldestInUse: { kind: 'Unknown' } }]]) });
    });
  });
});
