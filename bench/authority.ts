import { join } from 'node:path';

import { MountResponse } from '../src/gen/v1alpha1/service.ts';
import { classObjects, connectDriver, type BenchMount } from './driver.ts';
import { startMeasured } from './process.ts';
import { median, perSecond } from './warm-mounts.ts';

export interface StageCost {
  readonly inFlight: number;
  readonly barePerSecond: number;
  /** With the stage, for a driver from 1.6 on: median over the paired rounds. */
  readonly currentRatio: number;
  /** The same for a driver up to 1.5, whose requests are rewritten. */
  readonly oldRatio: number;
}

const rounds = 9;

/**
 * What the stage for drivers up to 1.5 costs: the same bare server with and without it, in turn within one run. Beside
 * the work of a real mount its share is smaller.
 */
export async function measureStage(directory: string): Promise<StageCost[]> {
  const bareSocket = join(directory, 'unstaged.sock');
  const stagedSocket = join(directory, 'staged.sock');
  await using bareServer = startMeasured(['bench/bare-server.ts', bareSocket, reply()], {});
  await using stagedServer = startMeasured(['bench/bare-server.ts', stagedSocket, reply(), 'staged'], {});
  await Promise.all([bareServer.line(/ready/), stagedServer.line(/ready/)]);
  using bare = connectDriver(bareSocket);
  using current = connectDriver(stagedSocket);
  using old = connectDriver(stagedSocket, '/var/run/secrets-store-csi-providers/vault.sock');

  const mount: BenchMount = { pod: 1, account: 1, className: 'warm', objects: classObjects(1, 5) };
  const results: StageCost[] = [];
  for (const inFlight of [1, 16]) {
    for (const driver of [bare, current, old]) await perSecond(driver, mount, inFlight);
    const measured: { bare: number; current: number; old: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push({
        bare: await perSecond(bare, mount, inFlight),
        current: await perSecond(current, mount, inFlight),
        old: await perSecond(old, mount, inFlight),
      });
    }
    results.push({
      inFlight,
      barePerSecond: median(measured.map((round) => round.bare)),
      currentRatio: median(measured.map((round) => round.current / round.bare)),
      oldRatio: median(measured.map((round) => round.old / round.bare)),
    });
  }
  return results;
}

/** Five small files, in base64. */
function reply(): string {
  const names = Array.from({ length: 5 }, (_, n) => `file-${n}`);
  const response = MountResponse.encode({
    objectVersion: names.map((id) => ({ id, version: 'v'.repeat(44) })),
    error: undefined,
    files: names.map((path) => ({ path, mode: 0o644, contents: Buffer.alloc(32, 'x') })),
  });
  return Buffer.from(response.finish()).toString('base64');
}
