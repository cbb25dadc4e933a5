import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { startFakeProvider } from '../../test/fakes/provider.ts';
import { startProvider } from '../../test/fakes/provider-under-test.ts';
import { createTemporaryDirectory } from '../../test/fakes/temporary-directory.ts';
import { removeSockets } from './remove-sockets.ts';

const names = ['vault', 'aws', 'lockstep'];

function removal(directory: string, { clock = new FakeClock(), signal = new AbortController().signal } = {}) {
  const paths: string[] = [];
  const onPath = (path: string, became: string): void =>
    void paths.push(`${became} ${path.slice(directory.length + 1)}`);
  return { paths, done: removeSockets({ clock, directory, names, signal, onPath }) };
}

describe('the sockets of a node', () => {
  it('are removed when nobody listens any more', async () => {
    using directory = createTemporaryDirectory();
    const options = { providers: ['vault', 'aws'] } as const;
    await (await startProvider({ providerDir: directory.path, options }))[Symbol.asyncDispose]();
    expect(await readdir(directory.path)).toEqual(['aws.sock', 'vault.sock']);

    const { paths, done } = removal(directory.path);
    await done;

    expect(paths).toEqual(['removed vault.sock', 'removed aws.sock']);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('are waited for while a lockstep still serves them', async () => {
    using directory = createTemporaryDirectory();
    const provider = await startProvider({ providerDir: directory.path });
    const clock = new FakeClock();
    const { paths, done } = removal(directory.path, { clock });

    await expect.poll(() => clock.waiting).toBe(1);
    expect(paths).toEqual([]);
    await provider[Symbol.asyncDispose]();
    await clock.advance(1000);
    await done;

    expect(paths).toEqual(['removed vault.sock']);
  });

  it('are no longer waited for at the signal', async () => {
    using directory = createTemporaryDirectory();
    await using _provider = await startProvider({ providerDir: directory.path });
    const clock = new FakeClock();
    const stop = new AbortController();
    const { done } = removal(directory.path, { clock, signal: stop.signal });

    await expect.poll(() => clock.waiting).toBe(1);
    stop.abort(new Error('told to stop'));

    await expect(done).rejects.toThrow('told to stop');
    expect(await readdir(directory.path)).toEqual(['vault.sock']);
  });

  it('are left alone where they are not ours', async () => {
    using directory = createTemporaryDirectory();
    const other = await startFakeProvider(directory.path, 'vault', {});
    await writeFile(join(directory.path, 'aws.sock'), 'a note');
    await mkdir(join(directory.path, 'lockstep.sock'));

    const { paths, done } = removal(directory.path);
    await done;
    await other.stop();

    expect(paths).toEqual(['foreign vault.sock', 'foreign aws.sock', 'foreign lockstep.sock']);
    expect(await readdir(directory.path)).toEqual(expect.arrayContaining(['aws.sock', 'lockstep.sock']));
  });

  it('include what a daemon was killed over, and nothing of another name', async () => {
    using directory = createTemporaryDirectory();
    for (const file of ['.lockstep-00ab1f', 'gcp.sock', 'vault.sock']) await leaveBehind(directory.path, file);

    const { paths, done } = removal(directory.path);
    await done;

    expect(paths).toEqual(['removed vault.sock', 'removed .lockstep-00ab1f']);
    expect(await readdir(directory.path)).toEqual(['gcp.sock']);
  });
});

/** The socket of a process that has ended: whoever binds one takes it away at the end, but under its first name only. */
async function leaveBehind(directory: string, file: string): Promise<void> {
  const temporary = join(directory, 'bound');
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(temporary, resolve));
  await rename(temporary, join(directory, file));
  await new Promise<void>((resolve) => void server.close(() => resolve()));
}
