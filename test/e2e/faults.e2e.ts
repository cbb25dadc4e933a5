import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { CSIDriverProviderClient } from '../../src/gen/v1alpha1/service.ts';
import { mountDirectly } from './harness/direct-client.ts';
import { e2e } from './harness/e2e.ts';
import { createPods, startTraffic } from './harness/pods.ts';
import { anonymousMib, openFiles } from './harness/process-figures.ts';
import { sources } from './harness/provider.ts';
import { until } from './harness/until.ts';

e2e('The node fails around the provider', 'faults', (stand) => {
  const socket = (): string => join(stand().providerDir, 'vault.sock');

  describe('killed under load', () => {
    it('serves again as soon as the next one runs: nothing lost, no socket left over', async () => {
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'killed', 5);
      await Promise.all(volumes.map((volume) => volume.publish()));
      const traffic = Array.from({ length: 4 }, () => startTraffic(stand(), 'killed'));
      await Promise.all(traffic.map((each) => each.mounted(5)));

      const killedAt = performance.now();
      await stand().stopProvider(provider, 'SIGKILL');
      const next = await stand().startProvider();
      const readyMs = performance.now() - killedAt;
      await Promise.race(traffic.map((each) => each.mounted(1)));
      const recoveredMs = performance.now() - killedAt;

      await Promise.all(traffic.map((each) => each.mounted(5)));
      expect((await Promise.all(traffic.map((each) => each.stop()))).flat()).toEqual([]);
      await Promise.all(volumes.map((volume) => volume.publish()));
      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      expect(readdirSync(stand().providerDir)).toEqual(['vault.sock']);
      console.log(`SIGKILL: ready after ${readyMs.toFixed(0)} ms, pods mount after ${recoveredMs.toFixed(0)} ms`);
      expect(await stand().stopProvider(next)).toBe(0);
    });
  });

  describe('with a thousand connections', () => {
    it.for([
      { kind: 'that say nothing', open: () => openSilent(socket(), 1_000) },
      {
        kind: 'that say something else than HTTP/2',
        open: () => openSilent(socket(), 1_000, 'GET / HTTP/1.1\r\n\r\n'),
      },
      { kind: 'of drivers that called once', open: () => openDrivers(socket(), 1_000) },
    ])('$kind, mounts pods, and has given everything back when they are gone', async ({ open }) => {
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), `connections-${stand().kube ? Date.now() : 0}`, 3);
      await volumes[0]?.publish();
      const { pid } = provider.process;
      const before = { files: openFiles(pid), mib: anonymousMib(pid) };

      const close = await open();
      const startedAt = performance.now();
      await Promise.all(volumes.map((volume) => volume.publish()));
      const mountMs = performance.now() - startedAt;
      const during = { files: openFiles(pid), mib: anonymousMib(pid) };
      expect(await provider.ready()).toBe(true);
      close();

      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      expect(during.mib - before.mib).toBeLessThan(100);
      await until(() => openFiles(pid) <= before.files + 3, { what: 'the connections to be given back' });
      const more = `${during.files - before.files} more files, ${(during.mib - before.mib).toFixed(0)} MiB more`;
      console.log(`1,000 connections: ${more}; 3 mounts in ${mountMs.toFixed(0)} ms`);
      expect(await stand().stopProvider(provider)).toBe(0);
    });
  });

  describe('with no room left in the folder of sockets', () => {
    it('serves on, says what is wrong when its socket is removed, and puts it back as soon as there is room', async () => {
      const { providerDir } = stand();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=8,mode=755', 'tmpfs', providerDir]);
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'full', 2);
      fill(providerDir);
      await volumes[0]?.publish();

      rmSync(socket());
      writeFileSync(join(providerDir, 'in-its-place'), '');
      await until(async () => !(await provider.ready()), { what: 'the daemon to notice' });
      await until(() => /"msg":"[^"]*(socket|path)[^"]*".*ENOSPC|ENOSPC.*socket/.test(provider.log()), {
        what: 'the log to name the reason',
      });
      rmSync(join(providerDir, 'in-its-place'));
      await until(() => provider.ready(), { what: 'the socket to be back' });

      await volumes[1]?.publish();
      expect(volumes.map((volume) => volume.read('a'))).toEqual([value, value]);
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    it('does not start, with one sentence that names the folder, and starts when there is room', async () => {
      const { providerDir } = stand();
      rmSync(socket(), { force: true });
      fill(providerDir);
      await expect(stand().startProvider()).rejects.toThrow(/cannot put a socket at .*vault\.sock \(ENOSPC\)/);
      execFileSync('umount', [providerDir]);
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'room', 1);
      await volumes[0]?.publish();
      expect(volumes[0]?.read('a')).toBe(value);
      expect(await stand().stopProvider(provider)).toBe(0);
    });
  });

  describe('with a log that nobody reads', () => {
    it('mounts on in bounded memory, ends in time, and says afterwards how many lines are missing', async () => {
      const pipe = join(stand().dir, 'log');
      execFileSync('mkfifo', [pipe]);
      // Opened for both, the pipe waits for no reader.
      stand().command = ['sh', '-c', 'exec "$@" 2<>"$0"', pipe, ...sources];
      const provider = await stand().startProvider();
      stand().command = sources;
      const { value, volumes } = await createPods(stand(), 'unread', 3);
      const { pid } = provider.process;
      const before = anonymousMib(pid);

      // Each leaves lines at level debug.
      const parameters = { roleName: 'x'.repeat(200), vaultAddress: stand().proxy.address, objects: '[]' };
      for (let round = 0; round < 20; round++) await mountDirectly(socket(), parameters, 500);
      await Promise.all(volumes.map((volume) => volume.publish()));

      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      console.log(`log unread: ${(anonymousMib(pid) - before).toFixed(0)} MiB more after 10,000 calls`);
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      const readAll = (): string => readAvailable(reader);
      let log = readAll();
      await until(() => (log += readAll()).includes('log lines dropped'), { what: 'the notice' });
      stand().evidence.add('logs of the daemon', log);
      expect(log).toMatch(/"lines":[1-9]\d*,"msg":"log lines dropped/);

      closeSync(reader);
      expect(await stand().stopProvider(provider)).toBe(0);
    });
  });
});

/** Takes every inode of the folder's small file system. */
function fill(folder: string): void {
  try {
    for (let file = 0; ; file++) writeFileSync(join(folder, `filler-${file}`), '');
  } catch {
    // No room left.
  }
}

/** Connections that send `text` at most, and then nothing. Answers how to end them. */
async function openSilent(path: string, count: number, text = ''): Promise<() => void> {
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(path, () => {
            if (text !== '') socket.write(text);
            resolve(socket);
          });
          socket.once('error', reject);
        }),
    ),
  );
  for (const socket of sockets) socket.on('error', () => undefined);
  return () => sockets.forEach((socket) => socket.destroy());
}

/** Clients with a connection each. */
async function openDrivers(path: string, count: number): Promise<() => void> {
  const clients = Array.from(
    { length: count },
    () =>
      new CSIDriverProviderClient(`unix:${path}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      }),
  );
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve, reject) => {
          client.version({ version: 'v1alpha1' }, (error) => (error ? reject(error) : resolve()));
        }),
    ),
  );
  return () => clients.forEach((client) => client.close());
}

/** What a pipe holds just now. */
function readAvailable(descriptor: number): string {
  const buffer = Buffer.alloc(1 << 20);
  try {
    return buffer.toString('utf8', 0, readSync(descriptor, buffer));
  } catch {
    // EAGAIN: nothing.
    return '';
  }
}
