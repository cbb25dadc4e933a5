import { beforeAll, describe, expect, it } from 'vitest';

import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, type RolledKind, type RolledWorkload } from './harness/rollout-workload.ts';

const kinds: readonly RolledKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const image = 'registry.example/app';
const app = { name: 'app', image };
const variable = (name: string) => [{ name: 'V', valueFrom: { secretKeyRef: { name, key: 'a' } } }];

/** Wherever a pod can name a Secret. */
const references: readonly (readonly [where: string, pod: (secret: string) => object])[] = [
  ['envFrom', (name) => ({ containers: [{ ...app, envFrom: [{ secretRef: { name } }] }] })],
  [
    'the second of two containers',
    (name) => ({
      containers: [app, { ...app, name: 'second', env: variable(name) }],
    }),
  ],
  [
    'an init container',
    (name) => ({
      containers: [app],
      initContainers: [{ ...app, name: 'init', env: variable(name) }],
    }),
  ],
  ['a volume', (secretName) => ({ containers: [app], volumes: [{ name: 'v', secret: { secretName } }] })],
  [
    'a projected volume',
    (name) => ({ containers: [app], volumes: [{ name: 'v', projected: { sources: [{ secret: { name } }] } }] }),
  ],
  ['imagePullSecrets', (name) => ({ containers: [app], imagePullSecrets: [{ name }] })],
  [
    'a mount of its class',
    (secretProviderClass) => ({
      containers: [app],
      volumes: [
        {
          name: 'v',
          csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass } },
        },
      ],
    }),
  ],
];

rolloutE2e('A changed value reaches the running pods', 'rollout', (stand) => {
  beforeAll(async () => void (await stand().startController('--rollout-max-concurrent=100')));

  describe.concurrent('at once for all who use it', () => {
    it.for(kinds)('of a %s that uses its key; one that uses another key goes on as it was', async (kind) => {
      const name = `plain-${kind.toLowerCase()}`;
      await stand().source(name);
      const user = await stand().workload(kind, `${name}-user`, { uses: [name] });
      const other = await stand().workload(kind, `${name}-other`, { uses: [{ secret: name, key: 'b' }] });
      const before = [...(await user.run(1)), ...(await other.run(1))];
      const version = await stand().known(name, user, other);
      expect([await user.annotation(), await user.changes(), await other.changes()]).toEqual([undefined, 0, 0]);

      const value = await stand().change(name, 'a');
      const annotation = await user.annotated(hashesAnnotation);
      expect(annotation).toMatch(new RegExp(`^kid=[0-9a-f]{8};${name}=[0-9a-v]{12}$`));
      expect(await stand().tenant.readValue(name)).toBe(value);
      await stand().completed(name, version);

      expect([await user.changes(), await other.changes()]).toEqual([1, 0]);
      const [after = ''] = await user.run(1, ({ metadata }) => metadata.annotations?.[hashesAnnotation] === annotation);
      expect(before).not.toContain(after);
      expect(before).toContain((await other.run(1))[0]);
    });

    it('wherever a pod names the Secret; a ConfigMap or another Secret of the name does not count', async () => {
      await stand().source('ways', { rollout: { maxConcurrent: 20 } });
      const create = async (name: string, pod: object): Promise<RolledWorkload> =>
        await stand().workload('Deployment', name, { uses: [], pod: { ...pod } });
      const users = await Promise.all(references.map(([, pod], index) => create(`way-${index}`, pod('ways'))));
      const others = [
        await create('other-map', { containers: [{ ...app, envFrom: [{ configMapRef: { name: 'ways' } }] }] }),
        await create('other-name', { containers: [{ ...app, envFrom: [{ secretRef: { name: 'ways2' } }] }] }),
      ];
      const version = await stand().known('ways', ...users);
      await stand().change('ways', 'a');
      await stand().completed('ways', version);
      const changed = async (all: readonly RolledWorkload[]) => await Promise.all(all.map((each) => each.changes()));
      expect(await changed(users)).toEqual(references.map(() => 1));
      expect(await changed(others)).toEqual([0, 0]);
    });

    it('once for each change, one after the other', async () => {
      await stand().source('twice');
      const user = await stand().workload('Deployment', 'twice', { uses: ['twice'] });
      const first = await stand().known('twice', user);
      await stand().change('twice', 'a');
      const second = await stand().completed('twice', first);
      const annotation = await user.annotation();
      await stand().change('twice', 'a');
      await stand().completed('twice', second);
      expect(await user.annotation()).not.toBe(annotation);
      expect(await user.changes()).toBe(2);
    });

    it('in one rollout when two sources of a workload change', async () => {
      for (const name of ['one', 'two']) await stand().source(name);
      const user = await stand().workload('Deployment', 'one-and-two', { uses: ['one', 'two'] });
      const versions = [await stand().known('one', user), await stand().known('two', user)];
      await stand().change('one', 'a');
      await stand().change('two', 'a');
      await stand().completed('one', versions[0]);
      await stand().completed('two', versions[1]);
      expect(await user.annotation()).toMatch(/;one=[0-9a-v]{12},two=[0-9a-v]{12}$/);
      expect(await user.changes()).toBe(1);
    });

    it('never for what is no change: of labels, by hand, or back before it came to rest', async () => {
      await stand().source('same');
      const user = await stand().workload('Deployment', 'same', { uses: ['same'] });
      const version = await stand().known('same', user);
      const value = (await stand().tenant.readValue('same')) ?? '';
      await stand().tenant.patchSecret('same', { metadata: { labels: { team: 'x' }, annotations: { note: 'y' } } });
      await stand().tenant.patchSecret('same', { data: { a: btoa('typed by hand') } });
      await stand().tenant.value('same', value);

      await stand().change('same', 'a');
      await stand().untilRollout('same', 'to settle', ({ state }) => state === 'Settling');
      await stand().put('same', { a: value });
      await stand().untilRollout(
        'same',
        'to be as before',
        (now) => now.version === version && now.state === 'Complete',
      );
      expect([await user.changes(), await user.annotation()]).toEqual([0, undefined]);

      await stand().change('same', 'a');
      await stand().completed('same', version);
      expect(await user.changes()).toBe(1);
    });
  });

  it('where the label of the workload says so, whatever the source says', async () => {
    const labelled = async (source: string, label: string): Promise<RolledWorkload> =>
      await stand().workload('Deployment', `${source}-${label.toLowerCase()}`, {
        uses: [source],
        labels: { 'lockstep.dev/rollout': label },
      });
    await stand().source('on', { rollout: { maxConcurrent: 20 } });
    await stand().source('off', { rollout: { mode: 'Off' } });
    const restarted = [await labelled('off', 'Restart'), await labelled('on', 'RESTART')];
    const plain = await stand().workload('Deployment', 'off-plain', { uses: ['off'] });
    const cronJob = await stand().workload('CronJob', 'on-cron', { uses: ['on'] });
    const left = [await labelled('on', 'OFF'), await labelled('on', 'nonsense'), plain, cronJob];
    const notified = await labelled('on', 'notify');
    const versions = {
      on: await stand().known('on', notified),
      off: await stand().known('off', ...restarted.slice(0, 1)),
    };
    for (const source of ['on', 'off']) await stand().change(source, 'a');
    await stand().completed('on', versions.on);
    await stand().completed('off', versions.off);
    expect(await Promise.all(restarted.map((each) => each.changes()))).toEqual([1, 1]);
    expect(await Promise.all([...left, notified].map((each) => each.changes()))).toEqual([0, 0, 0, 0, 0]);
    expect(await stand().tenant.untilEvent(notified.name, 'SecretChanged')).toMatchObject({
      type: 'Normal',
      note: expect.stringMatching(/^changed for Deployment .*: on$/),
    });
  });

  it('and says so in status, condition, Events and metrics', async () => {
    await stand().source('told');
    const user = await stand().workload('Deployment', 'told-user', { uses: ['told'] });
    const before = await stand().known('told', user);
    await stand().change('told', 'a');
    const version = await stand().completed('told', before);
    expect(await stand().rollout('told')).toMatchObject({
      total: 1,
      updated: 1,
      inProgress: 0,
      failed: 0,
      history: [{ version, outcome: 'Complete', updated: 1, failed: 0 }],
    });
    expect(await stand().tenant.condition('told', 'RolloutComplete')).toMatchObject({
      status: 'True',
      reason: 'Complete',
    });
    await stand().tenant.untilEvent('told', 'RolloutStarted');
    await stand().tenant.untilEvent('told', 'RolloutCompleted');
    expect((await stand().tenant.untilEvent('told-user', 'RolloutStarted')).note).toContain('because of told');
    const columns = await stand().kubectl('get', 'spcsync', 'told');
    expect(columns).toMatch(/^told +True +Synced +1 +Complete /m);
  });
});
