import pMap from 'p-map';
import { expect, it } from 'vitest';

import { readCgroup } from './harness/image/cgroup.ts';
import { imageE2e } from './harness/image/image-e2e.ts';
import type { Stand } from './harness/stand.ts';
import type { Volume } from './harness/volume.ts';

/** What the charts of the official providers set. */
const limits = { memoryBytes: 100 * 2 ** 20, milliCpu: 50 };

imageE2e('The provider with 100 MiB of memory and 50 thousandths of a core', 'limits', (world) => {
  it('mounts 60 pods of 20 classes, republishes them ten times, and is neither killed nor lost', async () => {
    const { stand } = world();
    const container = world().createProviderContainer({ user: 0, limits });
    stand.command = container.command;
    const startedAt = performance.now();
    const provider = await stand.startProvider('--log-level', 'info', '--refresh-interval', '5s');
    const readyMs = performance.now() - startedAt;
    const { pid } = container;
    expect(readCgroup(pid)).toMatchObject({ limitBytes: limits.memoryBytes, oomKills: 0 });
    const pods = await createLoad(stand, 20, 60);

    const firstAt = performance.now();
    await publishAll(pods);
    const firstMs = performance.now() - firstAt;
    const againAt = performance.now();
    for (let round = 0; round < 10; round++) await publishAll(pods);
    const againMs = performance.now() - againAt;

    expect(pods.map(({ volume }) => volume.read('file-0'))).toEqual(pods.map(({ value }) => value));
    const { version, anonymousBytes, oomKills, throttledMs } = readCgroup(pid);
    expect({ oomKills, pid: container.pid }).toEqual({ oomKills: 0, pid });
    expect(anonymousBytes).toBeLessThan(90 * 2 ** 20);
    const memory = `${(anonymousBytes / 2 ** 20).toFixed(0)} MiB of its own`;
    const rates = [60_000 / firstMs, 600_000 / againMs].map((rate) => rate.toFixed(1));
    const mounts = `${rates[0]} first mounts and ${rates[1]} republishes a second`;
    const throttled = `held back ${(throttledMs / 1000).toFixed(0)} s`;
    console.log(
      `limits (cgroup v${version}): ready after ${(readyMs / 1000).toFixed(1)} s, ${mounts}, ${memory}, ${throttled}`,
    );
    expect(await stand.stopProvider(provider)).toBe(0);
  }, 400_000);
});

interface LoadedPod {
  readonly volume: Volume;
  /** What its first file must hold. */
  readonly value: string;
}

/** Pods of classes with five objects each. */
async function createLoad(stand: Stand, classes: number, pods: number): Promise<readonly LoadedPod[]> {
  const values: string[] = [];
  for (let index = 0; index < classes; index++) {
    const objects: { objectName: string; secretPath: string; secretKey: string }[] = [];
    for (let file = 0; file < 5; file++) {
      const path = `limits-${index}-${file}`;
      const value = await stand.putSecret(path);
      if (file === 0) values.push(value);
      objects.push({ objectName: `file-${file}`, secretPath: `secret/data/${path}`, secretKey: 'value' });
    }
    await stand.putClass(`limits-${index}`, objects);
  }
  return await pMap(
    Array.from({ length: pods }, (_, pod) => pod % classes),
    async (index) => ({ volume: await stand.createVolume(`limits-${index}`), value: values[index] ?? '' }),
    { concurrency: 8 },
  );
}

/** As many at a time as kubelet starts pods on a busy node. */
async function publishAll(pods: readonly LoadedPod[]): Promise<void> {
  await pMap(pods, ({ volume }) => volume.publish(), { concurrency: 8 });
}
