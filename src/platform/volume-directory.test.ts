import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { it } from '../../test/fakes/temporary-directory.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { VolumeFile } from './volume-payload.ts';
import { openVolume } from './volume-writer.ts';

const clock = new FakeClock();

function file(path: string, text: string): VolumeFile {
  return { path, mode: 0o644, contents: SecretBytes.from(text) };
}

describe('a place that is not ours', () => {
  it('is refused when the directory was made by somebody else, even when empty', async ({ home }) => {
    await mkdir(join(home, 'theirs'));

    await expect(openVolume(join(home, 'theirs'), { clock })).rejects.toMatchObject({
      code: 'OUTPUT_REFUSED',
      message: `output ${join(home, 'theirs')} was not made by lockstep; name a directory that does not exist yet, or one that lockstep made`,
    });
    expect(await readdir(join(home, 'theirs'))).toEqual([]);
  });

  it('is refused when it is a file', async ({ home }) => {
    await writeFile(join(home, 'file'), '');

    await expect(openVolume(join(home, 'file'), { clock })).rejects.toThrow('is not a directory');
  });

  it('is refused when the parent is missing', async ({ home }) => {
    await expect(openVolume(join(home, 'no', 'out'), { clock })).rejects.toThrow(
      `output ${join(home, 'no')} does not exist; create it first`,
    );
  });

  it('is refused when the path leads through a symlink, with the real path as the remedy', async ({ home }) => {
    await mkdir(join(home, 'real'));
    await symlink(join(home, 'real'), join(home, 'link'));

    await expect(openVolume(join(home, 'link', 'out'), { clock })).rejects.toThrow(
      `leads through a symlink; name the directory as it really is: ${join(home, 'real')}`,
    );
    expect(await readdir(join(home, 'real'))).toEqual([]);
  });

  it('is refused when the directory itself is a symlink to one of ours', async ({ home }) => {
    await openVolume(join(home, 'ours'), { clock });
    await symlink(join(home, 'ours'), join(home, 'link'));

    await expect(openVolume(join(home, 'link'), { clock })).rejects.toThrow('leads through a symlink');
  });

  it('is refused when the marker is a symlink', async ({ home }) => {
    await mkdir(join(home, 'theirs'));
    await writeFile(join(home, 'marker'), '');
    await symlink(join(home, 'marker'), join(home, 'theirs', '..lockstep'));

    await expect(openVolume(join(home, 'theirs'), { clock })).rejects.toThrow('was not made by lockstep');
  });

  it.for([
    { name: 'a link of another target', plant: (at: string) => symlink('/etc/hostname', at) },
    { name: 'a file', plant: (at: string) => writeFile(at, 'mine') },
    { name: 'a directory', plant: (at: string) => mkdir(at) },
  ])('is refused when $name has the name of an object or of ..data', async ({ plant }, { home }) => {
    for (const name of ['a', '..data']) {
      const volume = await openVolume(join(home, `out-${name}`), { clock });
      await plant(join(volume.path, name));

      await expect(volume.write([file('a', 'secret')])).rejects.toThrow('is not the link that lockstep made');
      expect((await readdir(volume.path)).filter((entry) => entry.startsWith('..2'))).toEqual([]);
    }
  });

  it('is noticed when the directory is swapped for a symlink between two writes', async ({ home }) => {
    const volume = await openVolume(join(home, 'out'), { clock });
    await volume.write([file('a', 'one')]);
    await rm(volume.path, { recursive: true });
    await mkdir(join(home, 'elsewhere'));
    await symlink(join(home, 'elsewhere'), volume.path);

    await expect(volume.write([file('a', 'two')])).rejects.toThrow('leads through a symlink');
    expect(await readdir(join(home, 'elsewhere'))).toEqual([]);
  });

  it.for(['', '/etc/passwd', '../up', 'a/../b', '..data', '..lockstep', 'a//b', 'nul\0', 'x'.repeat(256)])(
    'is not reached by the path %j',
    async (path, { home }) => {
      const volume = await openVolume(join(home, 'out'), { clock });

      await expect(volume.write([file(path, 'x')])).rejects.toMatchObject({ code: 'OUTPUT_REFUSED' });
    },
  );

  it('is not made by two objects of which one is the directory of the other', async ({ home }) => {
    const volume = await openVolume(join(home, 'out'), { clock });

    await expect(volume.write([file('a', 'x'), file('a/b', 'y')])).rejects.toThrow('cannot hold both "a" and "a/b"');
  });
});
