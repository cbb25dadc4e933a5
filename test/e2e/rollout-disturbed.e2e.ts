import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import type { Controller } from './harness/controller.ts';
import { failAll } from './harness/front-replies.ts';
import { podMarks } from './harness/kwok.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import type { RolloutStand } from './harness/rollout-stand.ts';
import { hashesAnnotation, type RolledWorkload } from './harness/rollout-workload.ts';
import { ShiftedDate } from './harness/shifted-date.ts';
import { soon } from './harness/until.ts';

const minuteMs = 60_000;

rolloutE2e('A rollout that others disturb', 'rollout-disturbed', (stand) => {
  let controller: Controller;
  let date: ShiftedDate;
  let later: RolloutStand;
  beforeAll(async () => {
    // Its date is set forward: what waits for an hour is not waited for.
    later = await stand().beside('later');
    date = new ShiftedDate(join(stand().base.dir, 'date'));
    const scope = (space: RolloutStand): readonly string[] => [
      `--namespaces=${space.tenant.namespace}`,
      '--leader-elect=false',
    ];
    controller = await stand().startController(...scope(stand()));
    stand().base.environment = date.environment;
    await stand().startController(...scope(later));
  });
  const start = async (space: RolloutStand, name: string, spec = {}): Promise<RolledWorkload> => {
    await space.source(name);
    const user = await space.workload('Deployment', name, { uses: [name], spec });
    await user.run(1);
    await space.known(name, user);
    return user;
  };

  describe.concurrent('by', () => {
    it('a source that flaps every second for a minute: it is rolled out once, and then cools down', async () => {
      const user = await start(stand(), 'flap', { revisionHistoryLimit: 2 });
      const end = performance.now() + 62_000;
      let last = '';
      while (performance.now() < end) {
        last = await stand().change('flap', 'a');
        await stand().tenant.value('flap', last);
      }
      const { message } = await stand().untilRollout('flap', 'to cool down', ({ state }) => state === 'CoolingDown');
      expect(message).toContain('lockstep.dev/approve=');
      expect([await user.changes(), await user.revisions()]).toEqual([1, 2]);
      expect(await stand().tenant.readValue('flap')).toBe(last);

      const before = (await stand().rollout('flap'))?.history?.length;
      const [, command = ''] = /kubectl (annotate .*)/.exec(message) ?? [];
      await stand().kubectl(...command.replace(/ --namespace=\S+/, '').split(' '));
      await stand().untilRollout('flap', 'to go on', ({ state }) => state === 'Complete');
      expect([before, await user.changes()]).toEqual([1, 2]);
    });

    it('somebody who takes the annotation away: it is put back three times, and then says what to do', async () => {
      const user = await start(later, 'revert');
      await later.change('revert', 'a');
      const annotation = await user.annotated(hashesAnnotation);
      await later.untilRollout('revert', 'to be complete', ({ state, history }) => state === 'Complete' && !!history);
      const remove = async (): Promise<void> =>
        await user.patch({ spec: { template: { metadata: { annotations: { [hashesAnnotation]: null } } } } });
      for (const waitMs of [0, 11 * minuteMs, 72 * minuteMs]) {
        await remove();
        date.set(waitMs);
        // Timers do not know of the date.
        await user.patch({ metadata: { annotations: { 'e2e/shown': String(waitMs) } } });
        expect(await user.annotated(hashesAnnotation)).toBe(annotation);
        await later.untilRollout('revert', 'to have put it back', ({ state }) => state === 'Complete');
      }
      await remove();
      const { message } = await later.untilRollout('revert', 'to give up', ({ state }) => state === 'Conflict');
      expect(message).toMatch(/Argo CD: .*managedFieldsManagers \[lockstep-rollout\].*Flux: /);
      expect(await later.tenant.condition('revert', 'RolloutComplete')).toMatchObject({ reason: 'Conflict' });
      await later.tenant.untilEvent('revert', 'RolloutConflict');
      expect(await user.annotation()).toBeUndefined();

      // The next value is tried once.
      await later.change('revert', 'a');
      expect(await user.annotated(hashesAnnotation)).not.toBe(annotation);
    });

    it('kubectl apply of the manifest, by client and server: the annotation stays, and nothing else is ours', async () => {
      const user = await start(stand(), 'applied');
      const manifest = await user.read();
      await stand().change('applied', 'a');
      const annotation = await user.annotated(hashesAnnotation);
      const { spec } = manifest;
      for (const flags of [[], ['--server-side', '--force-conflicts']]) {
        await stand().apply(
          { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'applied' }, spec },
          ...flags,
        );
        expect(await user.annotation()).toBe(annotation);
      }
      const ours = (await user.read()).metadata.managedFields?.filter(({ manager }) => manager === 'lockstep-rollout');
      const fields = {
        'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': { [`f:${hashesAnnotation}`]: {} } } } },
      };
      expect(ours).toMatchObject([{ operation: 'Apply', fieldsV1: fields }]);
      expect(JSON.stringify(ours?.[0]?.fieldsV1)).toBe(JSON.stringify(fields));
    });

    it('an undo in Restart, which is held until the next value', async () => {
      const user = await start(stand(), 'undone');
      const versions = [await stand().known('undone', user)];
      const annotations: string[] = [];
      while (annotations.length < 2) {
        await stand().change('undone', 'a');
        annotations.push(await user.annotated(hashesAnnotation, annotations.at(-1)));
        versions.push(await stand().completed('undone', versions.at(-1)));
      }
      await stand().kubectl('rollout', 'undo', user.ref);
      await stand().untilRollout('undone', 'to be held', ({ state, held }) => state === 'Held' && held === 1);
      expect([await user.annotation(), await user.changes()]).toEqual([annotations[0], 3]);
      await stand().change('undone', 'a');
      await stand().completed('undone', versions.at(-1));
      expect([annotations.includes((await user.annotation()) ?? ''), await user.changes()]).toEqual([false, 4]);
    });

    it('an API server that refuses one workload: the others follow, and nobody is restarted twice when it takes it', async () => {
      await stand().source('refused', { rollout: { maxConcurrent: 5, canary: { count: 0 } } });
      const names = ['refused-0', 'refused-1', 'refused-2'];
      const create = async (name: string) => await stand().workload('Deployment', name, { uses: ['refused'] });
      const users = await Promise.all(names.map(create));
      const version = await stand().known('refused', ...users);
      const refuse = failAll(403, 'Forbidden');
      controller.front.intercept = (request) =>
        request.verb === 'apply' && request.name === 'refused-0' ? refuse(request) : undefined;
      await stand().change('refused', 'a');
      const { updated } = await stand().untilRollout('refused', 'to have two', (now) => now.updated === 2);
      expect(updated).toBe(2);
      const says = async () => await stand().tenant.condition('refused', 'RolloutComplete');
      await expect.poll(says, soon).toMatchObject({
        status: 'False',
        reason: 'PatchFailed',
        message: expect.stringContaining(`${users[0]?.key}: `),
      });
      controller.front.behave();
      await stand().completed('refused', version);
      expect(await Promise.all(users.map((user) => user.changes()))).toEqual([1, 1, 1]);
    });

    it('a workload that is deleted while it is on its way: it is forgotten, and the others follow', async () => {
      await stand().source('gone');
      const marks = { [podMarks.failsOnceStamped]: 'ContainerCreating' };
      const first = await stand().workload('Deployment', 'gone-0', { uses: ['gone'], marks });
      const second = await stand().workload('Deployment', 'gone-1', { uses: ['gone'] });
      const version = await stand().known('gone', first, second);
      await stand().change('gone', 'a');
      await first.annotated(hashesAnnotation);
      // What was begun is recorded after the patch.
      expect(await stand().untilRollout('gone', 'to begin', ({ waiting }) => waiting === 1)).toMatchObject({
        total: 2,
      });
      await stand().tenant.kube.remove(first.path);
      await stand().completed('gone', version);
      expect(await stand().rollout('gone')).toMatchObject({ total: 1, updated: 1 });
      expect(await second.changes()).toBe(1);
    });
  });
});
