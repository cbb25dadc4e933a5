import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { formatChange } from './change-line.ts';
import { parseDevSecrets } from './dev-secrets.ts';
import type { MountedVolume } from './first-mounts.ts';
import { findRotationTargets, formatPlace, replaceValues, type RotationTarget } from './rotation.ts';
import { showSecretNews } from './show-secrets.ts';
import type { Stage } from './stage.ts';

const warmRounds = 50;
const pollMs = 100;
const rotationDeadlineMs = 15_000;

/**
 * The acts of `dev --once` after the first mounts: warm mounts, one edit of the secrets file, the wait for its arrival.
 * Answers whether everything was seen; says what was not.
 */
export async function demonstrate(
  mounted: readonly MountedVolume[],
  secretsPath: string,
  stage: Stage,
): Promise<boolean> {
  const { screen, driver, storeRequests } = stage;
  await showWarmMounts(mounted, stage);
  const seen = await showRotation(mounted, secretsPath, stage);
  if (seen) {
    const calls = storeRequests?.() ?? 0;
    const files = mounted.reduce((sum, { files: { length } }) => sum + length, 0);
    screen.step(
      'Done',
      `${driver.mounts} mounts of ${mounted.length} volumes with ${files} files, ${calls} calls to the stores`,
    );
    screen.line('npm run dev keeps running, with a file of secrets to edit.');
  }
  return seen;
}

async function showWarmMounts(mounted: readonly MountedVolume[], stage: Stage): Promise<void> {
  const { screen, driver, clock, storeRequests } = stage;
  const callsBefore = storeRequests?.() ?? 0;
  const start = clock.now();
  for (let round = 0; round < warmRounds; round++) {
    for (const { volume } of mounted) await driver.ask(volume);
  }
  const count = warmRounds * mounted.length;
  const ms = ((clock.now() - start) / count).toFixed(1);
  const calls = (storeRequests?.() ?? 0) - callsBefore;
  screen.step('Warm mounts', `${count} more calls to Mount: ${ms} ms each, ${calls} calls to the stores`);
}

async function showRotation(mounted: readonly MountedVolume[], secretsPath: string, stage: Stage): Promise<boolean> {
  const { screen, clock } = stage;
  const text = readFileSync(secretsPath, 'utf8');
  const secrets = parseDevSecrets(text);
  const found = secrets.ok ? findRotationTargets(secrets.value, mounted) : [];
  if (found.length === 0) {
    screen.step('Rotation', 'nothing to show');
    screen.problem('no mounted file holds a value of the secrets file as it stands there');
    return false;
  }
  const targets = found.map((target) => ({ ...target, value: `rotated-${target.value}` }));
  screen.step('Rotation', `one edit of the secrets file: ${targets.map(formatPlace).join('; ')}`);
  replaceFile(secretsPath, replaceValues(text, targets));

  const [what, verb] = targets.length === 1 ? ['new value', 'is'] : ['new values', 'are'];
  const start = clock.now();
  const arrived = await untilMounted(targets, mounted, stage);
  const ms = clock.now() - start;
  if (arrived) screen.line(`The ${what} ${verb} mounted ${ms} ms after the edit.`);
  else screen.problem(`the ${what} ${verb} not mounted ${ms} ms after the edit`);
  return arrived;
}

/** Republishes until the files on disk hold the values; not later than the deadline. */
async function untilMounted(
  targets: readonly RotationTarget[],
  mounted: readonly MountedVolume[],
  stage: Stage,
): Promise<boolean> {
  const { clock, stop } = stage;
  const deadlineMs = clock.now() + rotationDeadlineMs;
  while (clock.now() < deadlineMs && !stop.aborted) {
    await republishOnce(mounted, stage);
    if (await areMounted(targets)) return true;
    await clock.sleep(pollMs, stop).catch(() => undefined);
  }
  return false;
}

async function areMounted(targets: readonly RotationTarget[]): Promise<boolean> {
  const texts = await Promise.all(targets.map(({ volume, path }) => readFile(join(volume.targetPath, path), 'utf8')));
  return targets.every(({ value }, index) => texts[index] === value);
}

async function republishOnce(mounted: readonly MountedVolume[], stage: Stage): Promise<void> {
  const { driver, screen, reveal } = stage;
  const { paint } = screen;
  for (const { volume } of mounted) {
    const publication = await driver.publish(volume);
    if (publication.outcome === 'refused') {
      screen.problem(`${volume.className}  ${publication.reason}`);
      continue;
    }
    const head = paint.cyan(volume.className);
    for (const change of publication.changes) screen.line(`${head}  ${formatChange(change, { paint, reveal })}`);
    if (publication.changes.length > 0) await showSecretNews({ volume, files: publication.files }, head, stage);
  }
}

/** As an editor saves: a reader sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
