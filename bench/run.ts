/** `npm run bench`: measures the bundle and writes bench/results.md. Ratios compare within this run only. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';

import { measureStage, type StageCost } from './authority.ts';
import { type AwsCalls, measureAwsCalls, toAwsCallsSection } from './aws-calls.ts';
import { classObjects, connectDriver } from './driver.ts';
import { readImage } from './image.ts';
import { startMeasured, type Measured } from './process.ts';
import { startCountingVault, type CountingVault } from './vault.ts';
import { measureWarmMounts, median, type WarmMounts } from './warm-mounts.ts';

const image = readImage('provider');
const command = [...image.flags, 'dist/main.mjs'];

const directory = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
try {
  await using vault = await startCountingVault(32);
  const start = await measureStart(vault);
  const warm = await withProvider(vault, ['--refresh-interval', '10m'], (socket) =>
    measureWarmMounts(directory, socket),
  );
  const store = await withProvider(vault, ['--refresh-interval', '10m'], (socket) => measureStoreCalls(vault, socket));
  const memory = await withProvider(vault, [], measureMemory);
  const aws = await measureAwsCalls({ directory, command });
  const stage = await measureStage(directory);
  const report = toReport({ start, warm, stage, store, aws, memory });
  await writeFile('bench/results.md', report);
  console.log(report);
} finally {
  await rm(directory, { recursive: true, force: true });
}

type Run<T> = (socket: string, provider: Measured) => Promise<T>;

async function withProvider<T>(vault: CountingVault, flags: readonly string[], run: Run<T>): Promise<T> {
  await using provider = startMeasured(
    [...command, 'provider', '--provider-dir', directory, '--metrics-address', 'off', '--log-level', 'info', ...flags],
    {
      ...image.env,
      VAULT_ADDR: vault.address,
      NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
    },
  );
  await provider.line(/"msg":"ready"/);
  return await run(join(directory, 'vault.sock'), provider);
}

/** CPU time from exec to the readiness line, with the compile cache cold (first) and warm (median of five). */
async function measureStart(
  vault: CountingVault,
): Promise<{ coldCpuMs: number; warmCpuMs: number; idleRssMiB: number }> {
  const starts: { cpuMs: number; rssMiB: number }[] = [];
  for (let n = 0; n < 6; n++) {
    starts.push(
      await withProvider(vault, [], async (_socket, provider) => ({
        cpuMs: provider.cpuMs(),
        rssMiB: provider.rssMiB(),
      })),
    );
  }
  const [cold, ...warm] = starts;
  return {
    coldCpuMs: cold?.cpuMs ?? Number.NaN,
    warmCpuMs: median(warm.map(({ cpuMs }) => cpuMs)),
    idleRssMiB: median(warm.map(({ rssMiB }) => rssMiB)),
  };
}

/** Store calls for 1,000 republishes of 100 unchanged pods of 5 accounts with 3 objects, after their first mounts. */
async function measureStoreCalls(
  vault: CountingVault,
  socket: string,
): Promise<{ first: string; republishes: string }> {
  using driver = connectDriver(socket);
  const objects = classObjects(7, 3);
  const mountAll = (): Promise<unknown> =>
    Promise.all(
      Array.from({ length: 100 }, (_, pod) => driver.mount({ pod, account: pod % 5, className: 'store', objects })),
    );
  const reset = (): void => void Object.assign(vault.counts, { logins: 0, reads: 0 });
  const said = (): string => `${vault.counts.logins} logins, ${vault.counts.reads} reads`;
  reset();
  await mountAll();
  const first = said();
  reset();
  for (let round = 0; round < 10; round++) await mountAll();
  return { first, republishes: said() };
}

/** RSS after 1,000 mounts of 100 classes with 5 objects each. */
async function measureMemory(socket: string, provider: Measured): Promise<{ rssMiB: number }> {
  using driver = connectDriver(socket);
  for (let mount = 0; mount < 1000; mount += 10) {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const index = (mount + n) % 100;
        return driver.mount({
          pod: mount + n,
          account: index % 5,
          className: `class-${index}`,
          objects: classObjects(index, 5),
        });
      }),
    );
  }
  return { rssMiB: provider.rssMiB() };
}

interface Figures {
  readonly start: { coldCpuMs: number; warmCpuMs: number; idleRssMiB: number };
  readonly warm: readonly WarmMounts[];
  readonly stage: readonly StageCost[];
  readonly store: { first: string; republishes: string };
  readonly aws: readonly AwsCalls[];
  readonly memory: { rssMiB: number };
}

function toReport({ start, warm, stage, store, aws, memory }: Figures): string {
  const rows = warm.map(
    ({ inFlight, lockstepPerSecond, barePerSecond, ratio }) =>
      `| ${inFlight} | ${lockstepPerSecond.toFixed(0)} | ${barePerSecond.toFixed(0)} | ${ratio.toFixed(2)} |`,
  );
  const stageRows = stage.map(
    ({ inFlight, barePerSecond, currentRatio, oldRatio }) =>
      `| ${inFlight} | ${barePerSecond.toFixed(0)} | ${currentRatio.toFixed(2)} | ${oldRatio.toFixed(2)} |`,
  );
  return `# Figures

Written by \`npm run bench\` on ${platform()}/${arch()}, ${cpus().length} cores, Node ${process.versions.node}, from the bundle. Compare ratios, not single times:
they are paired within one run.

## Warm mounts (one class, five objects, one connection)

| in flight | lockstep, mounts/s | bare gRPC server with the same bytes | ratio (target ≥ 0.5) |
|---|---|---|---|
${rows.join('\n')}

## The stage for drivers up to 1.5 (the bare gRPC server with and without it, one connection)

| in flight | without, calls/s | ratio, driver from 1.6 on (target ≥ 0.95) | ratio, driver up to 1.5 |
|---|---|---|---|
${stageRows.join('\n')}

## Store calls (100 pods of 5 service accounts, 3 objects)

| | calls |
|---|---|
| first mounts, all at once | ${store.first} |
| 1,000 republishes within one refresh interval | ${store.republishes} |

${toAwsCallsSection(aws)}
## Start and memory

| | | target |
|---|---|---|
| CPU time from start to readiness, compile cache cold | ${start.coldCpuMs.toFixed(0)} ms | |
| the same, compile cache warm | ${start.warmCpuMs.toFixed(0)} ms | < 400 ms |
| RSS idle | ${start.idleRssMiB.toFixed(0)} MiB | < 100 MiB |
| RSS after 1,000 mounts of 100 classes with 5 objects | ${memory.rssMiB.toFixed(0)} MiB | < 100 MiB |
`;
}
