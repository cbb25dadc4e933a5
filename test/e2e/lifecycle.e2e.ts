import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { mountDirectly } from './harness/direct-client.ts';
import { e2e } from './harness/e2e.ts';
import { createPods, outcomes, startTraffic } from './harness/pods.ts';
import type { Stand } from './harness/stand.ts';
import { until } from './harness/until.ts';
import type { Volume } from './harness/volume.ts';

e2e('The daemon comes, goes and is overrun', 'lifecycle', (stand) => {
  describe('with mounts in flight', () => {
    it('finishes them after SIGTERM and ends with code 0', async () => {
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'sigterm', 5);
      const mounts = await startMounts(stand(), volumes);

      const code = await stand().stopProvider(provider, 'SIGTERM');

      expect(await outcomes(mounts)).toEqual(volumes.map(() => 'mounted'));
      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      expect(code).toBe(0);
    });

    it('answers them harmlessly after a second SIGTERM, instead of keeping the node waiting', async () => {
      const provider = await stand().startProvider();
      const { volumes } = await createPods(stand(), 'forced', 3);
      stand().proxy.behaviour = 'hang';
      const mounts = await startMounts(stand(), volumes);

      provider.process.signal('SIGTERM');
      await until(async () => !(await provider.ready()), { what: 'the daemon to stop accepting' });
      const start = Date.now();
      provider.process.signal('SIGTERM');

      expect(await outcomes(mounts)).toEqual(['Unknown', 'Unknown', 'Unknown']);
      expect(await provider.process.exited).not.toBeNull();
      expect(Date.now() - start).toBeLessThan(5_000);
    });

    it('loses nothing to SIGKILL: the next daemon serves the same mounts', async () => {
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'sigkill', 5);
      const mounts = await startMounts(stand(), volumes);

      await stand().stopProvider(provider, 'SIGKILL');
      const next = await stand().startProvider();

      expect(await outcomes(mounts)).toEqual(volumes.map(() => 'mounted'));
      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      await stand().stopProvider(next);
    });
  });

  describe('beside another daemon on the same socket, as in a rolling update', () => {
    it('hands over without one failed mount, and takes the socket back where the newer one crashes', async () => {
      const first = await stand().startProvider();
      const { volumes, value } = await createPods(stand(), 'rolling', 1);
      await volumes[0]?.publish();
      const traffic = startTraffic(stand(), 'rolling');

      const second = await stand().startProvider();
      await traffic.mounted(5);
      expect(await stand().stopProvider(first)).toBe(0);
      await traffic.mounted(5);
      const third = await stand().startProvider();
      await traffic.mounted(5);
      await stand().stopProvider(third, 'SIGKILL');
      await until(() => second.ready(), { what: 'the second daemon to be reachable again' });
      await traffic.mounted(5);

      expect(await traffic.stop()).toEqual([]);
      expect(volumes[0]?.read('a')).toBe(value);
      await stand().stopProvider(second);
    });
  });

  describe('overrun', () => {
    it('serves what it can through the driver, refuses the rest harmlessly, and then works on', async () => {
      const provider = await stand().startProvider('--max-mounts', '2', '--mount-deadline', '3s');
      const { volumes, value } = await createPods(stand(), 'overload', 20);
      stand().proxy.delayMs = 400;

      const results = await outcomes(volumes.map((volume) => volume.publish()));

      stand().proxy.behave();
      expect(new Set(results)).toEqual(new Set(['mounted', 'Unknown']));
      const later = await outcomes(volumes.map((volume) => volume.publish()));
      expect(later).toEqual(volumes.map(() => 'mounted'));
      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      await stand().stopProvider(provider);
    });

    it('answers UNKNOWN to each of 1,100 calls beyond 2 in work and 1,000 waiting', async () => {
      const provider = await stand().startProvider('--max-mounts', '2', '--mount-deadline', '3s');
      const { proxy } = stand();
      proxy.behaviour = 'hang';
      const objects = '[{"objectName":"a","secretPath":"secret/data/x"}]';
      const parameters = { roleName: 'app', vaultAddress: proxy.address, objects };

      const answers = await mountDirectly(join(stand().providerDir, 'vault.sock'), parameters, 1_100);

      for (const { message } of answers) stand().evidence.add('errors of direct mounts', message);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['UNKNOWN']));
      expect(answers.filter(({ message }) => message.includes('busy')).length).toBeGreaterThanOrEqual(98);
      expect(await provider.metric('lockstep_mounts_waiting')).toBe(0);
      expect(await provider.metric('lockstep_mounts_in_flight')).toBe(0);
      await stand().stopProvider(provider);
    });
  });
});

/** Publishes all of them against a slow store and resolves as soon as the store has heard of the first. */
async function startMounts(stand: Stand, volumes: readonly Volume[]): Promise<readonly Promise<void>[]> {
  const { proxy } = stand;
  const inFlight = (): number => proxy.requests.length;
  proxy.delayMs = 1_500;
  proxy.forget();
  const mounts = volumes.map((volume) => volume.publish());
  for (const mount of mounts) mount.catch(() => undefined);
  await until(() => inFlight() > 0, { what: 'the first mount to be in flight' });
  proxy.delayMs = 0;
  return mounts;
}
