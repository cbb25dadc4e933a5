import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { e2e } from './harness/e2e.ts';
import { createPods } from './harness/pods.ts';
import type { Provider } from './harness/provider.ts';
import { until } from './harness/until.ts';
import { republishUntil } from './harness/volume.ts';

const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
const needed = 'needs libfaketime: apt-get install --no-install-recommends libfaketime';
if (library === undefined && process.env['CI'] === 'true') throw new Error(`${needed}; in CI nothing is skipped`);
const why = library === undefined ? ` (skipped: ${needed})` : '';

describe.skipIf(library === undefined)(`With a clock that is wrong${why}`, () => {
  e2e('a provider', 'clock', (stand) => {
    it.for([
      { clock: 'two hours ahead', slug: 'ahead', offset: '+2h' },
      { clock: 'two hours behind', slug: 'behind', offset: '-2h' },
    ])('$clock of the cluster and Vault mounts, keeps versions and rotates', async ({ slug, offset }) => {
      const provider = await startWithClock(offset);
      expect(Math.abs(minutesOff(provider))).toBeGreaterThan(100);
      const { value, volumes } = await createPods(stand(), slug, 2);
      await Promise.all(volumes.map((volume) => volume.publish()));
      expect(volumes.map((volume) => volume.read('a'))).toEqual([value, value]);
      const versions = await Promise.all(volumes.map((volume) => volume.versions()));
      expect(versions[0]).toEqual(versions[1]);

      const current = await stand().putSecret(slug);
      await Promise.all(volumes.map((volume) => republishUntil(volume, () => volume.read('a') === current)));
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    it.for([
      { jump: 'forward by a day', slug: 'forward', to: '+1d' },
      { jump: 'back by a day', slug: 'back', to: '-1d' },
    ])('whose clock jumps $jump reads no more often than before, and still rotates', async ({ slug, to }) => {
      const provider = await startWithClock('+0');
      await stand().putSecret(slug);
      const objects = [{ objectName: 'a', secretPath: `secret/data/${slug}`, secretKey: 'value' }];
      await stand().putClass(slug, objects, { refreshInterval: '3s' });
      const volume = await stand().createVolume(slug);
      await volume.publish();

      setClock(to);
      await until(() => volume.publish().then(() => Math.abs(minutesOff(provider)) > 1_000), { what: 'the jump' });
      const current = await stand().putSecret(slug);
      stand().proxy.forget();
      const startedAt = performance.now();
      await republishUntil(volume, () => volume.read('a') === current);

      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(stand().proxy.reads(`secret/data/${slug}`).length).toBeLessThanOrEqual(2);
      expect(stand().proxy.logins).toEqual([]);
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    it('whose clock jumps back by a day logs in again when its Vault token ends all the same', async () => {
      const provider = await startWithClock('+0');
      await stand().vault.putRole('short', { token_ttl: '3s', token_max_ttl: '6s' });
      await stand().putSecret('short');
      const objects = [{ objectName: 'a', secretPath: 'secret/data/short', secretKey: 'value' }];
      await stand().putClass('short', objects, { roleName: 'short', refreshInterval: '500ms' });
      const volume = await stand().createVolume('short');
      await volume.publish();
      setClock('-1d');
      await until(() => volume.publish().then(() => Math.abs(minutesOff(provider)) > 1_000), { what: 'the jump' });
      stand().proxy.forget();

      const end = performance.now() + 15_000;
      await until(() => volume.publish().then(() => performance.now() > end), { what: 'the token to end twice' });

      const current = await stand().putSecret('short');
      await republishUntil(volume, () => volume.read('a') === current);
      const { length } = stand().proxy.logins;
      expect(length).toBeGreaterThanOrEqual(2);
      expect(length).toBeLessThan(12);
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    function setClock(offset: string): void {
      writeFileSync(join(stand().dir, 'clock'), `${offset}\n`);
    }

    /** Only its idea of the time of day is wrong, as after a bad NTP server: time goes on as fast as everywhere. */
    async function startWithClock(offset: string): Promise<Provider> {
      setClock(offset);
      stand().environment = {
        LD_PRELOAD: library ?? '',
        FAKETIME_TIMESTAMP_FILE: join(stand().dir, 'clock'),
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DISABLE_SHM: '1',
      };
      return await stand().startProvider();
    }
  });
});

/** By how much the last line of the daemon's log is off. */
function minutesOff(provider: Provider): number {
  const times = [...provider.log().matchAll(/"time":"([^"]+)"/g)];
  return (Date.parse(times.at(-1)?.[1] ?? '') - Date.now()) / 60_000;
}
