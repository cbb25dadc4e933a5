import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyCrds } from '../test/e2e/harness/apply-manifests.ts';
import { startControlPlane } from '../test/e2e/harness/control-plane.ts';
import { type Cluster, KubeApi } from '../test/e2e/harness/kube-api.ts';
import { reap } from '../test/e2e/harness/processes.ts';
import { startDevVault } from '../test/e2e/harness/vault.ts';
import type { VaultApi } from '../test/e2e/harness/vault-api.ts';

/** A control plane that knows our CRDs, and a Vault with the role `app`, both real and on this machine. */
export interface BenchWorld {
  readonly cluster: Cluster;
  readonly kube: KubeApi;
  readonly vault: VaultApi;
}

/** Measures in a world of its own, prints the report and writes it to `path`. Every process ends with it. */
export async function writeBenchReport(path: string, measure: (world: BenchWorld) => Promise<string>): Promise<void> {
  const runDir = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  try {
    const { cluster } = await startControlPlane(runDir);
    const kube = new KubeApi(cluster);
    const vault = await startDevVault({ runDir, dir: join(runDir, 'vault') }, cluster);
    await applyCrds(kube);
    await vault.putRole('app');
    const report = await measure({ cluster, kube, vault });
    await writeFile(path, report);
    console.log(report);
  } finally {
    reap(runDir);
  }
}
