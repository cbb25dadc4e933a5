/**
 * `npm run soak -- [MINUTES]`: the controller of the bundle on a real API server and a real Vault, while values rotate,
 * people interfere, connections break and the API server is killed. Fails where a change was missed or memory grows;
 * writes bench/soak-results.md.
 */
import { mkdtempSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type ControlPlane, startControlPlane } from '../test/e2e/harness/control-plane.ts';
import { KubeApi } from '../test/e2e/harness/kube-api.ts';
import { KubeFront } from '../test/e2e/harness/kube-front.ts';
import { writeKubeconfig } from '../test/e2e/harness/kubeconfig.ts';
import { reap } from '../test/e2e/harness/processes.ts';
import { startDevVault } from '../test/e2e/harness/vault.ts';
import { type BundledController, startBundledController } from './bundled-controller.ts';
import { SoakLoad } from './soak-load.ts';
import { MemoryTrend } from './memory-trend.ts';

const [minutes = 30] = process.argv.slice(2).map(Number);
const interval = '30s';
const restartEveryMs = 4 * 60_000;
/** An interval, the longest back-off and its jitter, and a slow machine. */
const patienceMs = 180_000;
/** Of the first third's mean; what is left is the noise of the collector. */
const maxGrowth = 0.1;

const runDir = mkdtempSync(join(tmpdir(), 'lockstep-soak-'));
try {
  const { report, complaints } = await soak();
  await writeFile('bench/soak-results.md', report);
  console.log(report);
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
} finally {
  reap(runDir);
}

interface World {
  readonly plane: ControlPlane;
  readonly front: KubeFront;
  readonly load: SoakLoad;
  readonly controller: BundledController;
}

interface Course {
  rounds: number;
  /** Secrets that had to be written. */
  wanted: number;
  cuts: number;
  restarts: number;
  /** From the change of a round until the last Secret was right. */
  readonly delaysMs: number[];
}

async function soak(): Promise<{ report: string; complaints: readonly string[] }> {
  const plane = await startControlPlane(runDir);
  const vault = await startDevVault({ runDir, dir: join(runDir, 'vault') }, plane.cluster);
  const load = await SoakLoad.start({ kube: new KubeApi(plane.cluster), vault });
  const front = await startFront(plane);
  // Whoever builds meanwhile takes nothing away.
  const bundle = join(runDir, 'dist');
  await cp('dist', bundle, { recursive: true });
  const kubeconfig = join(runDir, 'front', 'kubeconfig');
  await using controller = await startBundledController({ kubeconfig, bundle, flags: [`--interval=${interval}`] });
  const world: World = { plane, front, load, controller };
  await untilCurrent(world);
  const course: Course = { rounds: 0, wanted: load.size, cuts: 0, restarts: 0, delaysMs: [] };
  using memory = new MemoryTrend(() => controller.rssMiB());
  await go(world, course);
  const left = [
    ...(await untilNone(world, () => load.strays())).map((key) => `${key} is still there`),
    ...(await untilNone(world, () => unready(world))),
  ];
  const written = await countWrites(controller);
  const peakMiB = controller.peakRssMiB();
  await front.close();
  const growth = memory.growth > maxGrowth ? [`memory grew by ${toPercent(memory.growth)}`] : [];
  const complaints = [...left, ...growth];
  return { report: toReport({ load, course, memory, written, peakMiB }), complaints };
}

async function startFront({ cluster }: ControlPlane): Promise<KubeFront> {
  const dir = join(runDir, 'front');
  await mkdir(dir);
  const front = await KubeFront.start({ cluster, dir, onToken: () => undefined });
  const { server, ca } = front;
  writeKubeconfig(join(dir, 'kubeconfig'), { server, ca, token: cluster.adminToken });
  return front;
}

/** Rounds until the time is over: change, disturb, and wait until every Secret carries the last value. */
async function go(world: World, course: Course): Promise<void> {
  const endMs = performance.now() + minutes * 60_000;
  let restartedMs = performance.now();
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    const [wanted] = await Promise.all([world.load.change(), cut(world, course)]);
    if (startedMs - restartedMs >= Math.min(restartEveryMs, (minutes * 60_000) / 3)) {
      restartedMs = startedMs;
      await world.plane.api.restart();
      course.restarts++;
    }
    await untilCurrent(world);
    course.rounds++;
    course.wanted += wanted;
    course.delaysMs.push(performance.now() - startedMs);
  }
}

/** While the changes are made: the watches several times, and every third round all connections. */
async function cut({ front }: World, course: Course): Promise<void> {
  for (let n = 0; n < 3; n++) {
    course.cuts += front.cutWatches();
    await sleep(200);
  }
  if (course.rounds % 3 === 2) front.gate.cut();
}

async function untilCurrent(world: World): Promise<void> {
  const behind = await untilNone(world, () => world.load.behind());
  if (behind.length > 0) throw new Error(`missed: ${behind.join(', ')}`);
}

async function countWrites({ read }: BundledController): Promise<string> {
  const reasons = ['created', 'changed', 'drift', 'adopted', 'deleted'];
  const counts = await Promise.all(reasons.map((reason) => read('lockstep_secret_writes_total', `reason="${reason}"`)));
  const sum = counts.reduce((total, count) => total + count, 0);
  const each = reasons.flatMap((reason, index) => (counts[index] ? `${reason} ${counts[index]}` : []));
  return `${sum} (${each.join(', ')})`;
}

async function unready({ load, controller }: World): Promise<readonly string[]> {
  const ready = await controller.read('lockstep_sync_ready', 'reason="Synced"');
  return ready === load.size ? [] : [`${ready} of ${load.size} syncs are ready`];
}

/** What is left of a list after at most the patience that we have. */
async function untilNone({ controller }: World, list: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    if (controller.child.exitCode !== null) throw new Error(`the controller ended with ${controller.child.exitCode}`);
    // Connections of our own break, too, when the API server is killed.
    const left = await list().catch((error: unknown) => [String(error)]);
    if (left.length === 0 || performance.now() > endMs) return left;
    await sleep(500);
  }
}

function toPercent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

interface Findings {
  readonly load: SoakLoad;
  readonly course: Course;
  readonly memory: MemoryTrend;
  readonly written: string;
  readonly peakMiB: number;
}

function toReport({ load, course, memory, written, peakMiB }: Findings): string {
  const { rounds, cuts, restarts, wanted } = course;
  const delays = course.delaysMs.toSorted((one, other) => one - other);
  const seconds = (ms = Number.NaN): string => `${(ms / 1000).toFixed(0)} s`;
  return `# Soak

Written by \`npm run soak -- ${minutes}\` on ${cpus().length} cores, which etcd, the API server, the controller manager and Vault share.
${load.description}, \`--interval=${interval}\`, store tokens of two minutes. In every round a fifth of the values
rotates, a class names another secret, a Secret is edited and one deleted by somebody else, a sync is made and one deleted; meanwhile watches are cut, every
third round all connections, and every few minutes the API server is killed. The next round begins when every Secret carries its last value.

| | |
|---|---|
| rounds | ${rounds} |
| watches cut | ${cuts} |
| API server killed and started again | ${restarts} |
| Secrets with a missed change | 0 |
| Secrets that had to be written, and that were | ${wanted}, ${written} |
| from a change until the last Secret is right, the interval included: median, worst | ${seconds(delays[Math.floor(delays.length / 2)])}, ${seconds(delays.at(-1))} |
| RSS, mean of the first third and of the last | ${memory.first.toFixed(0)} MiB, ${memory.last.toFixed(0)} MiB (${toPercent(memory.growth)}) |
| RSS, peak | ${peakMiB.toFixed(0)} MiB |

RSS by minute, MiB: ${memory.samples.map((mib) => mib.toFixed(0)).join(' ')}
`;
}
