import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createVersionKey, readVersionKey } from './version-key.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lockstep-key-'));
});

afterAll(() => rm(home, { recursive: true, force: true }));

describe('a version key', () => {
  it('is the 32 bytes of its file, whatever they are', async () => {
    const file = join(home, 'key');
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 8 + 3));
    await writeFile(file, bytes);

    expect((await readVersionKey(file)).reveal()).toEqual(bytes);
  });

  it.for([0, 31, 33, 44, 64, 5000])('is refused with %i bytes', async (size) => {
    const file = join(home, `key-${size}`);
    await writeFile(file, Buffer.alloc(size, 'k'));

    await expect(readVersionKey(file)).rejects.toMatchObject({
      code: 'VERSION_KEY_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^--version-key-file ${file}: the file must hold exactly 32 raw bytes, and holds ${Math.min(size, 1024)}`,
        ),
      ) as string,
    });
  });

  it.for([
    { name: 'a missing file', at: 'nothing', reason: 'ENOENT' },
    { name: 'a directory', at: '', reason: 'EISDIR' },
  ])('is refused from $name', async ({ at, reason }) => {
    const file = join(home, at);

    await expect(readVersionKey(file)).rejects.toMatchObject({
      code: 'VERSION_KEY_INVALID',
      message: `--version-key-file ${file} cannot be read (${reason}); it must exist and hold 32 raw bytes`,
    });
  });

  it('is another one for every run without a file', () => {
    expect(createVersionKey().size).toBe(32);
    expect(createVersionKey().equals(createVersionKey())).toBe(false);
  });
});
