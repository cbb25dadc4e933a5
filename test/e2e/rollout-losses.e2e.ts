import { afterAll, beforeAll, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import type { Controller } from './harness/controller.ts';
import { PinPolicy } from './harness/pin-policy.ts';
import { rolloutE2e } from './harness/rollout-e2e.ts';
import { hashesAnnotation, pinsAnnotation, type RolledWorkload } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';

const sources = ['restart', 'pin', 'other'] as const;

/** In each test something is lost; afterwards the next value is rolled out once. */
rolloutE2e('What is lost restarts nothing', 'rollout-losses', (stand) => {
  let controller: Controller;
  let api: ApiStand;
  let policy: PinPolicy;
  const users: RolledWorkload[] = [];

  const changes = async (): Promise<readonly number[]> => await Promise.all(users.map((user) => user.changes()));
  const versions = async () => await Promise.all(sources.map(async (name) => (await stand().rollout(name))?.version));
  /** How often each workload was restarted since then, once everything has followed one more value. */
  const restarts = async (before: readonly number[]): Promise<readonly number[]> => {
    for (const [index, name] of sources.entries()) await stand().known(name, ...users.slice(index, index + 1));
    const known = await versions();
    for (const name of sources) await stand().change(name, 'a');
    for (const [index, name] of sources.entries()) await stand().completed(name, known[index]);
    return (await changes()).map((count, index) => count - (before[index] ?? 0));
  };
  const restart = async (): Promise<void> => {
    await stand().base.stopController(controller);
    controller = await stand().startController('--leader-elect=false');
  };

  beforeAll(async () => {
    api = new ApiStand(stand().base.run.cluster, stand().tenant.namespace);
    policy = new PinPolicy(api);
    await policy.install();
    controller = await stand().startController('--leader-elect=false');
    for (const name of sources) await stand().source(name, { rollout: { mode: name === 'pin' ? 'Pin' : 'Restart' } });
    const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
    for (const [index, name] of sources.entries()) {
      users.push(await stand().workload(kinds[index] ?? 'Deployment', name, { uses: [name] }));
    }
    await restarts([0, 0, 0]);
  });
  afterAll(async () => {
    await policy.remove();
    await api.close();
  });

  it('while no controller runs: a change of then is rolled out, and nothing else', async () => {
    const [before, known] = [await changes(), await versions()];
    await stand().base.stopController(controller);
    await stand().change('other', 'a');
    controller = await stand().startController('--leader-elect=false');
    await stand().completed('other', known[2]);
    expect(await changes()).toEqual(before.map((count, index) => count + (index === 2 ? 1 : 0)));
  });

  it('the key of the hashes', async () => {
    const before = await changes();
    const [annotation, pins] = [
      await users[0]?.annotation(hashesAnnotation),
      await users[1]?.annotation(pinsAnnotation),
    ];
    await stand().base.stopController(controller);
    await stand().base.kube.remove(`/api/v1/namespaces/${stand().base.system}/secrets/lockstep-version-key`);
    controller = await stand().startController('--leader-elect=false');
    const keyOf = async (): Promise<string | undefined> =>
      (await stand().rollout('restart'))?.workloads?.[0]?.stamp.split(';')[0];
    const old = annotation?.split(';')[0];
    await until(async () => ![old, undefined].includes(await keyOf()), { what: 'the ledger to have another key' });
    expect(await users[0]?.annotation(hashesAnnotation)).toBe(annotation);
    expect(await users[1]?.annotation(pinsAnnotation)).toBe(pins);
    expect(await changes()).toEqual(before);
    expect(await restarts(before)).toEqual([1, 1, 1]);
    expect(await users[0]?.annotation(hashesAnnotation)).not.toContain(old);
  });

  it('every SecretProviderClassSync, which come again', async () => {
    const before = await changes();
    const specs = await Promise.all(sources.map(async (name) => (await stand().tenant.readSync(name))?.spec));
    for (const name of sources) await stand().tenant.kube.remove(stand().tenant.syncPath(name));
    for (const [index, name] of sources.entries()) await stand().tenant.putSync(name, specs[index]);
    for (const name of sources) await stand().tenant.ready(name);
    expect(await restarts(before)).toEqual([1, 1, 1]);
  });

  it('the status of every SecretProviderClassSync, as after a restore', async () => {
    const before = await changes();
    await stand().base.stopController(controller);
    for (const name of sources) {
      await stand().tenant.kube.call('PATCH', `${stand().tenant.syncPath(name)}/status`, { status: null });
    }
    controller = await stand().startController('--leader-elect=false');
    expect(await restarts(before)).toEqual([1, 1, 1]);
  });

  it('the managedFields of workloads and syncs', async () => {
    const before = await changes();
    for (const path of [...users.map((user) => user.path), ...sources.map((name) => stand().tenant.syncPath(name))]) {
      await stand().tenant.kube.call('PATCH', path, { metadata: { managedFields: [{}] } });
    }
    await restart();
    expect(await restarts(before)).toEqual([1, 1, 1]);
  });

  it('the lease, to another replica in the middle of a rollout', async () => {
    await stand().base.stopController(controller);
    const replicas = [await stand().startController(), await stand().startController()];
    const [before, known] = [await changes(), await versions()];
    for (const name of sources) await stand().change(name, 'a');
    await stand().untilRollout('restart', 'to settle', ({ state }) => state === 'Settling');
    const leads = await Promise.all(replicas.map((replica) => replica.isLeader()));
    const leader = replicas[leads.indexOf(true)];
    if (leader === undefined) throw new Error('nobody leads');
    await stand().base.stopController(leader);
    for (const [index, name] of sources.entries()) await stand().completed(name, known[index]);
    expect(await changes()).toEqual(before.map((count) => count + 1));
  });
});
