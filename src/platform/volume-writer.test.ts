import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';

import fc from 'fast-check';
import { describe, expect } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { it } from '../../test/fakes/temporary-directory.ts';
import { findPathCollisions } from '../core/file-path.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { VolumeFile } from './volume-payload.ts';
import { openVolume } from './volume-writer.ts';

const clock = new FakeClock();

function file(path: string, text: string, mode = 0o644): VolumeFile {
  return { path, mode, contents: SecretBytes.from(text) };
}

interface Seen {
  readonly text: string;
  readonly mode: number;
}

/** What an application sees: every visible file by name, followed through the links. */
async function readVolume(directory: string): Promise<Record<string, Seen>> {
  return Object.fromEntries(await readEntries(directory));
}

async function readEntries(directory: string): Promise<[string, Seen][]> {
  const seen = new Map<string, Seen>();
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith('..')) await readTree(directory, join(directory, entry), seen);
  }
  return [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function readTree(root: string, path: string, seen: Map<string, Seen>): Promise<void> {
  const stats = await stat(path);
  if (!stats.isDirectory()) {
    seen.set(relative(root, path), { text: await readFile(path, 'utf8'), mode: stats.mode & 0o7777 });
    return;
  }
  for (const entry of await readdir(path)) await readTree(root, join(path, entry), seen);
}

describe('a volume', () => {
  it('stands in a new directory of mode 0700, laid out as the driver does', async ({ home }) => {
    const directory = join(home, 'out');

    const volume = await openVolume(directory, { clock });
    const changed = await volume.write([file('password', 's3cret', 0o640), file('nested/deep/cert.pem', 'pem')]);

    expect(changed).toBe(true);
    expect((await lstat(directory)).mode & 0o7777).toBe(0o700);
    expect(await readVolume(directory)).toEqual({
      password: { text: 's3cret', mode: 0o640 },
      'nested/deep/cert.pem': { text: 'pem', mode: 0o644 },
    });
    expect(await readlink(join(directory, 'password'))).toBe('..data/password');
    expect(await readlink(join(directory, 'nested'))).toBe('..data/nested');
    expect(await readlink(join(directory, '..data'))).toMatch(/^\.\.2026_01_01_00_00_00\.\w{6}$/);
  });

  it.for([0o400, 0o444, 0o600, 0o666, 0o777, 0o000, 0o4755])(
    'gives a file the mode %o whatever the umask',
    async (mode, { home }) => {
      const volume = await openVolume(join(home, 'out'), { clock });

      await volume.write([file('a', 'x', mode)]);

      expect((await stat(join(home, 'out', 'a'))).mode & 0o7777).toBe(mode);
    },
  );

  it('moves nothing when contents and modes are what they were', async ({ home }) => {
    const volume = await openVolume(join(home, 'out'), { clock });
    await volume.write([file('a', 'one')]);
    const before = await readlink(join(home, 'out', '..data'));

    expect(await volume.write([file('a', 'one')])).toBe(false);
    expect(await readlink(join(home, 'out', '..data'))).toBe(before);
  });

  it.for([
    { name: 'another content of the same length', next: file('a', 'two') },
    { name: 'another mode', next: file('a', 'one', 0o600) },
    { name: 'another name', next: file('b', 'one') },
  ])('replaces the generation for $name', async ({ next }, { home }) => {
    const volume = await openVolume(join(home, 'out'), { clock });
    await volume.write([file('a', 'one')]);

    expect(await volume.write([next])).toBe(true);
    expect(await readVolume(join(home, 'out'))).toEqual({
      [next.path]: { text: next.contents.reveal().toString(), mode: next.mode },
    });
  });

  it('is taken over by a later run, whose first write repairs what was tampered with', async ({ home }) => {
    const directory = join(home, 'out');
    await (await openVolume(directory, { clock })).write([file('a', 'one'), file('b', 'two')]);
    await writeFile(join(directory, 'a'), 'tampered');
    await rm(join(directory, 'b'));
    await chmod(directory, 0o755);

    const volume = await openVolume(directory, { clock });

    expect(await volume.write([file('a', 'one'), file('b', 'two')])).toBe(true);
    expect(Object.keys(await readVolume(directory))).toEqual(['a', 'b']);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('one');
    expect((await lstat(directory)).mode & 0o7777).toBe(0o700);
  });

  it('clears away what an interrupted run left', async ({ home }) => {
    const directory = join(home, 'out');
    const volume = await openVolume(directory, { clock });
    await volume.write([file('a', 'one')]);
    await mkdir(join(directory, '..2020_01_01_00_00_00.abcdef'));
    await writeFile(join(directory, '..2020_01_01_00_00_00.abcdef', 'a'), 'half');
    await symlink('nowhere', join(directory, '..data_tmp'));

    await volume.write([file('a', 'two')]);

    expect((await readdir(directory)).filter((entry) => entry.startsWith('..2'))).toHaveLength(1);
    expect(await readdir(directory)).not.toContain('..data_tmp');
  });
});

describe('a sequence of writes', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f', 'g/h/i', 'ü', 'with space', '__proto__', '-rf', '.hidden');
  const generation = fc
    .dictionary(name, fc.record({ text: fc.string({ maxLength: 20 }), mode: fc.constantFrom(0o644, 0o600, 0o400) }))
    .filter((files) => findPathCollisions(Object.keys(files)).length === 0);

  it('leaves exactly the files of the last one', async ({ home }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(generation, { minLength: 1, maxLength: 5 }), async (generations) => {
        const directory = await realpath(await mkdtemp(join(home, 'run-')));
        const volume = await openVolume(join(directory, 'out'), { clock });

        for (const files of generations) {
          await volume.write(Object.entries(files).map(([path, { text, mode }]) => file(path, text, mode)));
        }

        const last = Object.entries(generations.at(-1) ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(await readEntries(volume.path)).toEqual(last);
        expect(await readdir(volume.path)).not.toContain('..data_tmp');
      }),
      { numRuns: 40 },
    );
  });

  it('never shows a mix of generations to a reader that follows ..data once', async ({ home }) => {
    const volume = await openVolume(join(home, 'out'), { clock });
    const names = ['a', 'b', 'c', 'd'];
    await volume.write(names.map((path) => file(path, '0')));
    let writing = true;

    const seen = readUntil(volume.path, names, () => writing);
    for (let turn = 1; turn <= 100; turn++) await volume.write(names.map((path) => file(path, String(turn))));
    writing = false;

    const generations = await seen;
    expect(generations.length).toBeGreaterThan(1);
    for (const texts of generations) expect(new Set(texts).size).toBe(1);
  });
});

/** Complete readings of one generation each; one that was deleted under the reader does not count. */
async function readUntil(directory: string, names: readonly string[], more: () => boolean): Promise<string[][]> {
  const generations: string[][] = [];
  do {
    try {
      const generation = await realpath(join(directory, '..data'));
      generations.push(await Promise.all(names.map((path) => readFile(join(generation, path), 'utf8'))));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  } while (more());
  return generations;
}
