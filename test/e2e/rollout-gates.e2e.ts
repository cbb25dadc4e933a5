import { beforeAll, describe, expect, it } from 'vitest';

import { rolloutE2e } from './harness/rollout-e2e.ts';
import type { RolloutStand } from './harness/rollout-stand.ts';
import { hashesAnnotation, type RolledWorkload } from './harness/rollout-workload.ts';

const freeze = 'lockstep.dev/freeze';

interface Started {
  readonly user: RolledWorkload;
  /** The version that it has. */
  readonly version: string | undefined;
}

/** A source and a Deployment of the same name that uses it. */
async function start(stand: RolloutStand, name: string, rollout = {}): Promise<Started> {
  await stand.source(name, { rollout });
  const user = await stand.workload('Deployment', name, { uses: [name] });
  return { user, version: await stand.known(name, user) };
}

rolloutE2e('A rollout waits', 'rollout-gates', (stand) => {
  let other: RolloutStand;
  beforeAll(async () => {
    other = await stand().beside('other');
    await stand().startController('--rollout-max-concurrent=100');
  });

  describe.concurrent('for what a person says', () => {
    it('a label on a workload: it is left alone, the others are not, and without the label it follows', async () => {
      await stand().source('some', { rollout: { maxConcurrent: 5 } });
      const labels = { [freeze]: 'true' };
      const frozen = await stand().workload('Deployment', 'some-frozen', { uses: ['some'], labels });
      const user = await stand().workload('Deployment', 'some-free', { uses: ['some'] });
      const version = await stand().known('some', frozen, user);
      await stand().change('some', 'a');
      await user.annotated(hashesAnnotation);
      const { message } = await stand().untilRollout(
        'some',
        'to wait for one',
        ({ updated, waiting, state }) => updated === 1 && waiting === 1 && state === 'Frozen',
      );
      expect(message).toContain(`${frozen.key} is frozen`);
      expect(await frozen.changes()).toBe(0);
      await frozen.patch({ metadata: { labels: { [freeze]: null } } });
      await stand().completed('some', version);
      expect([await frozen.changes(), await user.changes()]).toEqual([1, 1]);
    });

    it('a label on the SecretProviderClassSync', async () => {
      const { user, version } = await start(stand(), 'sync');
      await stand().tenant.patchSync('sync', { metadata: { labels: { [freeze]: 'true' } } });
      const value = await stand().change('sync', 'a');
      const { message } = await stand().untilRollout('sync', 'to be frozen', ({ state }) => state === 'Frozen');
      expect(message).toContain(`remove the label ${freeze}`);
      // A freeze is about pods.
      expect(await stand().tenant.readValue('sync')).toBe(value);
      expect(await user.changes()).toBe(0);
      await stand().tenant.patchSync('sync', { metadata: { labels: { [freeze]: null } } });
      await stand().completed('sync', version);
      expect(await user.changes()).toBe(1);
    });

    it('a label on the namespace, with kubectl alone', async () => {
      const { user, version } = await start(other, 'inside');
      const { namespace } = other.tenant;
      await other.kubectl('label', 'namespace', namespace, `${freeze}=true`);
      await other.change('inside', 'a');
      await other.untilRollout('inside', 'to be frozen', ({ state }) => state === 'Frozen');
      expect(await user.changes()).toBe(0);
      await other.kubectl('label', 'namespace', namespace, `${freeze}-`);
      await other.completed('inside', version);
      expect(await user.changes()).toBe(1);
    });

    it('a paused Deployment, which is named and left alone until it is resumed', async () => {
      const { user, version } = await start(stand(), 'paused');
      await stand().kubectl('rollout', 'pause', user.ref);
      const before = await user.changes();
      await stand().change('paused', 'a');
      const { message } = await stand().untilRollout('paused', 'to name it', (now) =>
        now.message.includes('is paused'),
      );
      expect(message).toContain('kubectl rollout resume');
      expect(await user.changes()).toBe(before);
      await stand().kubectl('rollout', 'resume', user.ref);
      await stand().completed('paused', version);
      // The resumption is one, and the rollout.
      expect(await user.changes()).toBe(before + 2);
    });

    it('an approval of this very version, by the command that the status names', async () => {
      const { user, version } = await start(stand(), 'approved', { approval: 'Manual' });
      await stand().change('approved', 'a');
      const { message } = await stand().untilRollout(
        'approved',
        'to wait for approval',
        ({ state }) => state === 'AwaitingApproval',
      );
      await stand().tenant.patchSync('approved', { metadata: { annotations: { 'lockstep.dev/approve': version } } });
      await stand().change('approved', 'b');
      const [, command = ''] = /kubectl (annotate .*)/.exec(message) ?? [];
      await stand().untilRollout('approved', 'to have another version', (now) => !command.includes(`=${now.version}`));
      // Of what was before the last change.
      await stand().kubectl(...command.replace(/ --namespace=\S+/, '').split(' '));
      const again = await stand().untilRollout(
        'approved',
        'to wait again',
        (now) => now.state === 'AwaitingApproval' && !command.includes(`=${now.version}`),
      );
      expect(await user.changes()).toBe(0);
      const [, right = ''] = /kubectl (annotate .*)/.exec(again.message) ?? [];
      await stand().kubectl(...right.replace(/ --namespace=\S+/, '').split(' '));
      await stand().completed('approved', version);
      expect(await user.changes()).toBe(1);
    });

    it('a window that is closed', async () => {
      const closed = [{ schedule: '0 0 29 2 *', duration: '1s', timeZone: 'Europe/Paris' }];
      const { user, version } = await start(stand(), 'window', { windows: closed });
      await stand().change('window', 'a');
      const { message } = await stand().untilRollout('window', 'to wait', ({ state }) => state === 'AwaitingWindow');
      expect(message).toMatch(/waits for the window that opens at 20\d\d-02-28T23:00:00Z/);
      expect(await user.changes()).toBe(0);
      await stand().sync('window', { windows: [{ schedule: '* * * * *', duration: '1m' }] });
      await stand().completed('window', version);
      expect(await user.changes()).toBe(1);
    });

    it('those of a lower order, until they are healthy', async () => {
      await stand().source('order', { rollout: { maxConcurrent: 10, canary: { count: 0 } } });
      const orders = [2, 0, 1, 0, 2, 1];
      const users = await Promise.all(
        orders.map(async (order, index) => {
          const labels = { 'lockstep.dev/rollout-order': String(order) };
          const marks = { 'e2e/starts-in': '1s' };
          return await stand().workload('Deployment', `order-${index}`, { uses: ['order'], labels, marks });
        }),
      );
      for (const user of users) await user.run(1);
      const version = await stand().known('order', ...users);
      await stand().change('order', 'a');
      await stand().completed('order', version);
      const ledger = new Map((await stand().rollout('order'))?.workloads?.map((each) => [each.workload, each.rollout]));
      const times = (order: number, time: 'startedAt' | 'endedAt'): readonly string[] =>
        users.flatMap(({ key }, index) => (orders[index] === order ? (ledger.get(key)?.[time] ?? '') : [])).toSorted();
      for (const order of [1, 2]) {
        expect(times(order, 'startedAt')[0]).toSatisfy(
          (first: string) => first >= (times(order - 1, 'endedAt')[1] ?? '~'),
        );
      }
    });
  });
});
