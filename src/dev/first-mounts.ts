import type { PlayedVolume } from './mount-request.ts';
import type { MountedFile } from './played-driver.ts';
import type { Stage } from './stage.ts';
import { formatTree } from './tree.ts';

export interface MountedVolume {
  readonly volume: PlayedVolume;
  readonly files: readonly MountedFile[];
}

/** Mounts every volume for the first time and prints what is in it. Answers those that worked. */
export async function mountAll(volumes: readonly PlayedVolume[], stage: Stage): Promise<readonly MountedVolume[]> {
  const mounted: MountedVolume[] = [];
  for (const volume of volumes) {
    const files = await mountOne(volume, stage);
    if (files !== undefined) mounted.push({ volume, files });
  }
  return mounted;
}

async function mountOne(volume: PlayedVolume, stage: Stage): Promise<readonly MountedFile[] | undefined> {
  const { driver, screen, clock, reveal } = stage;
  const { paint } = screen;
  const start = clock.now();
  const publication = await driver.publish(volume);
  const title = `${paint.cyan(volume.className)} ${paint.dim(`provider ${volume.provider}`)}`;
  screen.line('');
  if (publication.outcome === 'refused') {
    screen.line(title);
    screen.problem(publication.reason);
    return undefined;
  }
  screen.line(`${title} ${paint.dim(`mounted in ${clock.now() - start} ms`)}`);
  screen.line(paint.dim(volume.targetPath));
  for (const line of formatTree(publication.files, { paint, reveal })) screen.line(line);
  return publication.files;
}
