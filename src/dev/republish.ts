import type { PlayedVolume } from './mount-request.ts';
import type { Stage } from './stage.ts';
import { formatChange } from './change-line.ts';
import { showSecretNews } from './show-secrets.ts';

/** kubelet takes 60 to 90 s; a person at a terminal should not wait that long. */
const intervalMs = 2000;

/** Plays kubelet's republishing until the session is stopped, and prints what changes and what goes wrong. */
export async function republishUntilStopped(volumes: readonly PlayedVolume[], stage: Stage): Promise<void> {
  const troubles = new Map<PlayedVolume, string>();
  for (;;) {
    await stage.clock.sleep(intervalMs, stage.stop).catch(() => undefined);
    if (stage.stop.aborted) return;
    for (const volume of volumes) await republishOne(volume, troubles, stage);
  }
}

async function republishOne(volume: PlayedVolume, troubles: Map<PlayedVolume, string>, stage: Stage): Promise<void> {
  const { driver, screen, clock, reveal } = stage;
  const { paint } = screen;
  const publication = await driver.publish(volume);
  const head = `${paint.dim(formatTime(clock.now()))} ${paint.cyan(volume.className)}`;
  if (publication.outcome === 'refused') {
    // Once per trouble: the driver masks it and the pod keeps the files that it has.
    if (troubles.get(volume) !== publication.reason) screen.problem(`${head}  ${publication.reason}`);
    troubles.set(volume, publication.reason);
    return;
  }
  if (troubles.delete(volume)) screen.line(`${head}  mounted again`);
  for (const change of publication.changes) screen.line(`${head}  ${formatChange(change, { paint, reveal })}`);
  if (publication.changes.length > 0) await showSecretNews({ volume, files: publication.files }, head, stage);
}

function formatTime(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
