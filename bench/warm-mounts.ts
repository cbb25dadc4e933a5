import { join } from 'node:path';

import { MountResponse } from '../src/gen/v1alpha1/service.ts';
import { classObjects, connectDriver, type BenchDriver, type BenchMount } from './driver.ts';
import { startMeasured } from './process.ts';

export interface WarmMounts {
  readonly inFlight: number;
  readonly lockstepPerSecond: number;
  readonly barePerSecond: number;
  /** Median over the paired rounds. */
  readonly ratio: number;
}

const rounds = 7;
const mountsPerRound = 3000;

/** Warm mounts of one class with five objects, against a bare server with the same bytes, in turn within one run. */
export async function measureWarmMounts(directory: string, lockstepSocket: string): Promise<WarmMounts[]> {
  const mount: BenchMount = { pod: 1, account: 1, className: 'warm', objects: classObjects(1, 5) };
  using lockstep = connectDriver(lockstepSocket);
  const reply = MountResponse.encode(await lockstep.mount(mount)).finish();
  const bareSocket = join(directory, 'bare.sock');
  await using bareServer = startMeasured(
    ['bench/bare-server.ts', bareSocket, Buffer.from(reply).toString('base64')],
    {},
  );
  await bareServer.line(/ready/);
  using bare = connectDriver(bareSocket);

  const results: WarmMounts[] = [];
  for (const inFlight of [1, 16]) {
    const pairs: { ours: number; theirs: number }[] = [];
    await perSecond(lockstep, mount, inFlight);
    await perSecond(bare, mount, inFlight);
    for (let round = 0; round < rounds; round++) {
      pairs.push({ ours: await perSecond(lockstep, mount, inFlight), theirs: await perSecond(bare, mount, inFlight) });
    }
    results.push({
      inFlight,
      lockstepPerSecond: median(pairs.map(({ ours }) => ours)),
      barePerSecond: median(pairs.map(({ theirs }) => theirs)),
      ratio: median(pairs.map(({ ours, theirs }) => ours / theirs)),
    });
  }
  return results;
}

/** One round of mounts, so many of them open at once. */
export async function perSecond(driver: BenchDriver, mount: BenchMount, inFlight: number): Promise<number> {
  const start = performance.now();
  let left = mountsPerRound;
  async function worker(): Promise<void> {
    while (left-- > 0) await driver.mount(mount);
  }
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (mountsPerRound * 1000) / (performance.now() - start);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
