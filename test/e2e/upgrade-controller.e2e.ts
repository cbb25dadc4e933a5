import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { replaceCrds } from './harness/apply-manifests.ts';
import type { Controller } from './harness/controller.ts';
import type { KubeApi } from './harness/kube-api.ts';
import { podMarks } from './harness/kwok.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { previousRelease } from './harness/previous-release.ts';
import { sources } from './harness/daemon.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import type { RolledWorkload } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';
import { createRolled, createSecrets, createStopped, type Rolled } from './harness/upgrade-fleet.ts';
import { hops, upgradeE2e } from './harness/upgrade-e2e.ts';
import { UpgradedController } from './harness/upgraded-controller.ts';

const sourceNames = ['restarted', 'pinned', 'halted', 'held', 'unapproved'];
const workloadStates = ['Updated', 'InProgress', 'Failed', 'Held', 'Waiting'];
const statusWrite = 'apply secretproviderclasssyncs/status';

upgradeE2e((older) => {
  rolloutE2e('a controller', 'upgrade-controller', (stand) => {
    let api: ApiStand;
    let policy: PinPolicy;
    let replicas: UpgradedController;
    let names: readonly string[];
    let rolled: Rolled;
    let stopped: readonly RolledWorkload[];
    beforeAll(async () => {
      api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
      policy = new PinPolicy(api);
      await policy.install();
      replicas = await UpgradedController.start(stand(), older());
      const [secrets, ...used] = await Promise.all([
        createSecrets(stand()),
        createRolled(stand()),
        createStopped(stand()),
      ]);
      names = [...secrets, ...sourceNames];
      [rolled, stopped] = used;
    });
    afterAll(async () => {
      await policy.remove();
      await replaceCrds(api.kube);
      await api.close();
    });

    const look = async () => await lookAt(api.kube, stand().tenant.namespace, stand().base.system);

    /** So many workloads in each state. */
    async function states(controller: Controller): Promise<readonly (number | undefined)[]> {
      const count = async (state: string) => await controller.metric('lockstep_rollout_workloads', `state="${state}"`);
      return await Promise.all(workloadStates.map(count));
    }

    /** It has gone through all syncs twice. */
    async function looked(controller: Controller): Promise<void> {
      const count = async (): Promise<number> =>
        (await controller.metric('lockstep_sync_duration_seconds_count', 'outcome="ok"')) ?? 0;
      const start = await count();
      await until(async () => (await count()) >= start + 2 * names.length, { what: 'two rounds' });
    }

    const written = (): readonly string[] =>
      replicas.writes
        .filter(({ resource }) => resource !== 'events')
        .map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);

    it('the two are different releases', () => {
      const versionOf = ([program = '', ...args]: readonly string[]): string =>
        execFileSync(program, [...args, '--version'], { encoding: 'utf8' }).trim();
      expect(versionOf(older().command)).toBe(previousRelease.version);
      expect(versionOf(sources)).not.toBe(previousRelease.version);
    });

    describe.for(hops)('from $from to $to', ({ to }) => {
      it('nothing is written: no Secret, version, workload or status; and no pod is restarted', async () => {
        const before = await look();
        const stateBefore = await states(replicas.last);
        expect(Object.keys(before).filter((path) => /secrets\/pinned-\w{12}$/.test(path))).not.toEqual([]);
        replicas.forget();

        await replicas.join(to);
        await replicas.handOver();
        // Of what only the status knows: who was held, and where it went wrong.
        await expect.poll(() => states(replicas.last), { timeout: 30_000 }).toEqual(stateBefore);
        await looked(replicas.last);

        expect(replicas.writes).toEqual([]);
        expect(await look()).toEqual(before);
      });

      it('a forced sync is echoed in each status, and that is all', async () => {
        const { tenant } = stand();
        const metadata = { annotations: { 'lockstep.dev/force-sync': to } };
        replicas.forget();
        for (const name of names) await tenant.patchSync(name, { metadata });
        for (const name of names)
          await tenant.untilSync(name, 'to echo', ({ status }) => status?.lastHandledSyncRequest === to);
        await looked(replicas.last);
        expect(written().toSorted()).toEqual(names.map((name) => `${statusWrite} ${name}`).toSorted());
      });

      it('a changed value is in its Secret after one write, and is rolled out once', async () => {
        const before = await changesOf(stopped);
        replicas.forget();
        await stand().tenant.value('opaque', await stand().base.putSecret('opaque'));
        await Promise.all(Object.entries(rolled).map(rollOut));
        await looked(replicas.last);

        const ofSecrets = written().filter((write) => write.startsWith('apply secrets '));
        expect(ofSecrets.toSorted()).toEqual(['opaque', 'pinned', 'restarted'].map((name) => `apply secrets ${name}`));
        expect(await changesOf(stopped)).toEqual(before);
      });
    });

    async function rollOut([name, users]: readonly [string, readonly RolledWorkload[]]): Promise<void> {
      const before = await changesOf(users);
      const version = (await stand().rollout(name))?.version;
      const value = await stand().change(name, 'a');
      await stand().completed(name, version);
      expect(await stand().tenant.readValue(name)).toBe(value);
      expect(await changesOf(users)).toEqual(before.map((count) => count + 1));
    }

    describe('in the middle of a rollout', () => {
      const modes = ['Restart', 'Pin'];
      const users = new Map<string, readonly RolledWorkload[]>();
      beforeAll(async () => {
        for (const mode of modes) {
          const name = `busy-${mode.toLowerCase()}`;
          await stand().source(name, { rollout: { mode, maxConcurrent: 2 } });
          const marks = { [podMarks.startsIn]: '2s' };
          const create = async (index: number): Promise<RolledWorkload> =>
            await stand().workload('Deployment', `${name}-${index}`, { uses: [name], marks });
          users.set(name, await Promise.all([0, 1, 2, 3].map(create)));
        }
        for (const [name, all] of users) await stand().known(name, ...all);
        for (const user of [...users.values()].flat()) await user.run(1);
      });

      /** Since these versions. */
      async function isUnderWay(versions: ReadonlyMap<string, string | undefined>): Promise<boolean> {
        const all = await Promise.all(
          [...versions].map(async ([name, version]) => {
            const rollout = await stand().rollout(name);
            return rollout?.version === version ? [] : (rollout ?? []);
          }),
        );
        const count = (state: 'updated' | 'inProgress' | 'waiting') =>
          all.flat().reduce((sum, rollout) => sum + rollout[state], 0);
        return count('updated') > 0 && count('inProgress') > 0 && count('waiting') > 1;
      }

      it.for(hops.map((hop, index) => ({ ...hop, rollouts: index + 1 })))(
        'from $from to $to: every workload gets the value, once',
        async ({ to, rollouts }) => {
          await replicas.join(to);
          const versions = new Map<string, string | undefined>();
          for (const name of users.keys()) {
            versions.set(name, (await stand().rollout(name))?.version);
            await stand().change(name, 'a');
          }
          await until(() => isUnderWay(versions), { what: 'some to have it, and others not', timeoutMs: 60_000 });
          await replicas.handOver();
          for (const [name, version] of versions) await stand().completed(name, version);

          const all = [...users.values()].flat();
          expect(await changesOf(all)).toEqual(all.map(() => rollouts));
          expect(await Promise.all(all.map((user) => user.revisions()))).toEqual(all.map(() => rollouts + 1));
        },
      );
    });
  });
});

async function changesOf(users: readonly RolledWorkload[]): Promise<readonly number[]> {
  return await Promise.all(users.map((user) => user.changes()));
}

type Mark = 'uid' | 'resourceVersion' | 'generation';

/** What only lockstep changes here, by path; of workloads and pods, of which others write the status, when they are made anew. */
async function lookAt(kube: KubeApi, namespace: string, system: string): Promise<Readonly<Record<string, string>>> {
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const marks: readonly (readonly [collection: string, mark: Mark])[] = [
    [`/api/v1/namespaces/${namespace}/secrets`, 'resourceVersion'],
    [`/api/v1/namespaces/${system}/secrets`, 'resourceVersion'],
    [`/apis/lockstep.dev/v1alpha1/namespaces/${namespace}/secretproviderclasssyncs`, 'resourceVersion'],
    [`${apps}/deployments`, 'generation'],
    [`${apps}/statefulsets`, 'generation'],
    [`${apps}/daemonsets`, 'generation'],
    [`/apis/batch/v1/namespaces/${namespace}/cronjobs`, 'generation'],
    [`${apps}/replicasets`, 'uid'],
    [`${apps}/controllerrevisions`, 'uid'],
    [`/api/v1/namespaces/${namespace}/pods`, 'uid'],
  ];
  const seen: Record<string, string> = {};
  for (const [collection, mark] of marks) {
    const { items } = await kube.call<{ items: readonly Listed[] }>('GET', collection);
    for (const { metadata } of items) seen[`${collection}/${metadata.name}`] = `${metadata.uid} ${metadata[mark]}`;
  }
  return seen;
}

interface Listed {
  readonly metadata: Readonly<Record<Mark | 'name', string>>;
}
