import { execFileSync } from 'node:child_process';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { CSIDriverProviderClient } from '../../src/gen/v1alpha1/service.ts';
import { mountDirectly } from './harness/direct-client.ts';
import { e2e } from './harness/e2e.ts';
import { createPods, startTraffic } from './harness/pods.ts';
import { anonymousMib, openFiles } from './harness/process-figures.ts';
import { sources } from './harness/daemon.ts';
import type { Provider } from './harness/provider.ts';
import { openSilent } from './harness/silent-connections.ts';
import { UnreadPipe } from './harness/unread-pipe.ts';
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
      {
        kind: 'that say nothing',
        slug: 'silent',
        open: () => openSilent({ path: socket() }, 1_000),
        cutByItself: true,
      },
      {
        kind: 'that speak something else',
        slug: 'http1',
        open: () => openSilent({ path: socket() }, 1_000, 'GET / HTTP/1.1\r\n\r\n'),
        cutByItself: true,
      },
      {
        kind: 'of drivers that called once',
        slug: 'idle',
        open: () => openDrivers(socket(), 1_000),
        cutByItself: false,
      },
    ])('$kind, mounts pods, and gives everything back', async ({ slug, open, cutByItself }) => {
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), `connections-${slug}`, 3);
      await volumes[0]?.publish();
      const { pid } = provider.process;
      const before = { files: openFiles(pid), mib: anonymousMib(pid) };

      const close = await open();
      const during = { files: openFiles(pid), mib: anonymousMib(pid) };
      const startedAt = performance.now();
      await Promise.all(volumes.map((volume) => volume.publish()));
      const mountMs = performance.now() - startedAt;

      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      if (!cutByItself) close();
      await until(() => openFiles(pid) < before.files + 20, { what: 'the connections to be given back' });
      const freedMs = performance.now() - startedAt;
      expect(await provider.ready()).toBe(true);
      close();
      expect(during.mib - before.mib).toBeLessThan(100);
      const more = `${during.files - before.files} more files, ${(during.mib - before.mib).toFixed(0)} MiB more`;
      const times = `3 mounts in ${mountMs.toFixed(0)} ms, given back after ${freedMs.toFixed(0)} ms`;
      console.log(`1,000 connections (${slug}): ${more}; ${times}`);
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

      renameSync(socket(), join(providerDir, 'elsewhere'));
      await until(async () => !(await provider.ready()), { what: 'the daemon to notice' });
      await until(() => /ENOSPC.*"msg":"socket check failed"/.test(provider.log()), {
        what: 'the log to name the reason',
      });
      rmSync(join(providerDir, 'filler-0'));
      await until(() => provider.ready(), { what: 'the socket to be back' });

      await volumes[1]?.publish();
      expect(volumes.map((volume) => volume.read('a'))).toEqual([value, value]);
      expect(await stand().stopProvider(provider)).toBe(0);
    });

    it('does not start, with one sentence that names the folder, and starts when there is room', async () => {
      const { providerDir } = stand();
      rmSync(socket(), { force: true });
      fill(providerDir);
      await expect(stand().startProvider()).rejects.toThrow(
        /cannot put a socket at .*vault\.sock \(ENOSPC\); make room/,
      );
      execFileSync('umount', ['--lazy', providerDir]);
      const provider = await stand().startProvider();
      const { value, volumes } = await createPods(stand(), 'room', 1);
      await volumes[0]?.publish();
      expect(volumes[0]?.read('a')).toBe(value);
      expect(await stand().stopProvider(provider)).toBe(0);
    });
  });

  describe('with a log that nobody reads', () => {
    it('mounts on in the same memory, says afterwards how many lines are missing, and ends', async () => {
      const read = await startedAt(sources);
      const readMib = await failOften(read);
      expect(await stand().stopProvider(read)).toBe(0);
      const pipe = new UnreadPipe(join(stand().dir, 'unread-log'));
      const unread = await startedAt(pipe.takeFrom(sources));
      const unreadMib = await failOften(unread);
      const { value, volumes } = await createPods(stand(), 'unread', 3);
      await Promise.all(volumes.map((volume) => volume.publish()));

      expect(volumes.map((volume) => volume.read('a'))).toEqual(volumes.map(() => value));
      const figures = `${unreadMib.toFixed(0)} MiB more after 10,000 lines, ${readMib.toFixed(0)} MiB where they are read`;
      console.log(`log unread: ${figures}`);
      expect(unreadMib).toBeLessThan(readMib + 40);
      const log = await pipe.readUntil('log lines dropped');
      stand().evidence.add('logs of the daemon', log);
      expect(log).toMatch(/"lines":[1-9]\d*,"msg":"log lines dropped/);

      // Nobody reads again.
      await failOften(unread, 20_000);
      expect(await stand().stopProvider(unread)).toBe(0);
      pipe.close();
    });

    async function startedAt(command: readonly string[]): Promise<Provider> {
      stand().command = command;
      const provider = await stand().startProvider();
      stand().command = sources;
      return provider;
    }

    /** 10,000 calls that leave a line each, as each is the first failure of its pod. Answers how much memory they have taken. */
    async function failOften({ process: { pid } }: Provider, firstPod = 0): Promise<number> {
      const parameters = { roleName: 'app', vaultAddress: stand().proxy.address, objects: '[]' };
      const before = anonymousMib(pid);
      for (let pod = firstPod; pod < firstPod + 10_000; pod += 500) {
        await mountDirectly(socket(), parameters, 500, pod);
      }
      return anonymousMib(pid) - before;
    }
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

/** Clients with a connection each. */
async function openDrivers(path: string, count: number): Promise<() => void> {
  const clients = Array.from(
    { length: count },
    () =>
      new CSIDriverProviderClient(`unix:${path}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      }),
  );
  // Some come too late: 1,000 is what a socket takes, and the driver holds one.
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          client.version({ version: 'v1alpha1' }, () => resolve());
        }),
    ),
  );
  return () => clients.forEach((client) => client.close());
}
