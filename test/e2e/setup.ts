import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { buildServers } from '../servers/build.ts';
import { startControlPlane } from './harness/control-plane.ts';
import type {} from './harness/e2e.ts';
import { reap } from './harness/processes.ts';
import { startDevVault } from './harness/vault.ts';

/** vitest's globalSetup: builds the servers where needed, starts those that all test files share, ends everything. */
export async function setup(project: TestProject): Promise<() => void> {
  const missing = missingOnThisMachine();
  if (missing.length > 0) {
    const reason = `needs ${missing.join(', ')}`;
    if (process.env['CI'] === 'true') throw new Error(`the e2e ${reason}; in CI nothing is skipped`);
    project.provide('e2e', { missing: reason });
    return () => undefined;
  }
  buildServers(console.log);
  reapDeadRuns();
  const runDir = mkdtempSync(join(tmpdir(), `${runPrefix}${process.pid}-`));
  const end = (): void => reap(runDir);
  process.once('exit', end);
  try {
    // A copy: plain data is handed over.
    const cluster = { ...(await startControlPlane(runDir)).cluster };
    const { address, token } = await startDevVault({ runDir, dir: join(runDir, 'vault') }, cluster);
    project.provide('e2e', { runDir, cluster, vault: { address, token } });
  } catch (error) {
    end();
    throw error;
  }
  return () => {
    process.off('exit', end);
    end();
  };
}

const runPrefix = 'lockstep-e2e-';

/** A run that was killed could not end its servers. Its folder names the process that it belonged to. */
function reapDeadRuns(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(runPrefix))) {
    const owner = name.slice(runPrefix.length).split('-')[0] ?? '';
    if (!existsSync(`/proc/${owner}`)) reap(join(tmpdir(), name));
  }
}

/** What the e2e needs and this machine lacks. */
function missingOnThisMachine(): readonly string[] {
  const tools: readonly (readonly [name: string, command: readonly string[]])[] = [
    ['Go', ['go', 'version']],
    ['Python 3 with venv', ['python3', '-c', 'import ensurepip, venv']],
    ['openssl', ['openssl', 'version']],
    ['ip of iproute2', ['ip', '-V']],
  ];
  return [
    ...(process.platform === 'linux' ? [] : ['Linux']),
    ...(process.getuid?.() === 0 ? [] : ['root (the driver mounts a tmpfs)']),
    ...tools.filter(([, command]) => !works(command)).map(([name]) => name),
  ];
}

function works([command = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
