import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { DriverClient, mountRequest } from '../../test/fakes/driver-client.ts';
import { createProvider, type ProviderUnderTest, startProvider } from '../../test/fakes/provider-under-test.ts';
import { CSIDriverProviderService } from '../gen/v1alpha1/service.ts';

const checkMs = 3000;

describe('start', () => {
  it('replaces a leftover that nobody listens on, and leaves nothing else behind', async () => {
    await using directory = await temporaryDirectory();
    await (await startProvider({ providerDir: directory.path }))[Symbol.asyncDispose]();

    await using provider = await startProvider({ providerDir: directory.path });

    expect(await provider.server.ready()).toBeUndefined();
    expect(await readdir(directory.path)).toEqual(['vault.sock']);
  });

  it.for([
    ['no directory', 'missing', 'does not exist'],
    ['too long a path', 'd'.repeat(100), 'use a shorter --provider-dir'],
    ['a file in the way', 'file', 'vault.sock is not a socket; remove it'],
  ] as const)('is refused with %s', async ([, name, reason]) => {
    await using directory = await temporaryDirectory();
    const providerDir = join(directory.path, name);
    if (name !== 'missing') await mkdir(providerDir);
    if (name === 'file') await writeFile(join(providerDir, 'vault.sock'), '');
    await using provider = await createProvider({ providerDir });

    await expect(provider.server.start()).rejects.toMatchObject({
      code: 'SOCKET_UNUSABLE',
      message: expect.stringContaining(reason),
    });
  });

  it('leaves a socket alone on which another runtime answers, and every other socket too', async () => {
    await using directory = await temporaryDirectory();
    await using _other = await startOtherRuntime(directory.path, 'vault');
    const options = { providers: ['openbao', 'vault'] as const };
    await using provider = await createProvider({ providerDir: directory.path, options });

    await expect(provider.server.start()).rejects.toMatchObject({
      code: 'SOCKET_IN_USE',
      message: `${provider.path} is served by vault-csi-provider 1.7.4; remove that provider, leave the name out of --providers, or say --takeover`,
    });
    expect(await readdir(directory.path)).toEqual(['vault.sock']);
  });

  it('leaves a socket alone whose owner says nothing', async () => {
    await using directory = await temporaryDirectory();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => void silent.listen(join(directory.path, 'vault.sock'), resolve));
    await using provider = await createProvider({ providerDir: directory.path });

    await expect(provider.server.start()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    silent.close();
  });

  it('takes over the socket of another runtime when it is told to', async () => {
    await using directory = await temporaryDirectory();
    await using _other = await startOtherRuntime(directory.path, 'vault');
    await using provider = await startProvider({ providerDir: directory.path, options: { takeover: true } });

    expect(await runtimeOf(provider)).toBe('lockstep 0.0.0');
  });

  it('says once which sockets are served', async () => {
    await using provider = await startProvider({ options: { providers: ['vault', 'lockstep-openbao'] } });

    expect(provider.log.filter(({ msg }) => msg === 'ready')).toMatchObject([
      { sockets: [provider.path, join(provider.providerDir, 'lockstep-openbao.sock')] },
    ]);
  });
});

describe('the path', () => {
  it.for([
    ['removed', (path: string) => rm(path)],
    ['replaced by a dead socket', leaveDeadSocket],
  ] as const)('is published again after it was %s', async ([, harm]) => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    await harm(provider.path);
    expect(await provider.server.ready()).toBe(`nothing listens on ${provider.path}`);

    await clock.advance(checkMs);

    await expect.poll(() => provider.server.ready()).toBeUndefined();
    expect((await stat(provider.path)).mode & 0o777).toBe(0o600);
  });

  it('is watched again and again', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });

    for (let round = 0; round < 3; round++) {
      await rm(provider.path);
      await expect.poll(() => clock.waiting).toBe(1);
      await clock.advance(checkMs);
      await expect.poll(() => provider.server.ready()).toBeUndefined();
    }
  });

  it('is not published again by one that stopped', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    await provider.server.stop();
    await rm(provider.path);

    await clock.advance(10 * checkMs);

    expect(await readdir(provider.providerDir)).toEqual([]);
    expect(await provider.server.ready()).toBe('shutting down');
  });

  it('keeps connections that came through the one before', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    using driver = new DriverClient(provider.path);
    await driver.version();
    await rm(provider.path);

    await clock.advance(checkMs);
    await expect.poll(() => provider.server.ready()).toBeUndefined();

    expect(await driver.mount(mountRequest({}))).toMatchObject({ ok: true });
  });
});

describe('two generations on one socket', () => {
  it('belong to the newer one, and the older does not fight for it', async () => {
    await using directory = await temporaryDirectory();
    const clock = new FakeClock();
    await using older = await startProvider({ providerDir: directory.path, clock, runtimeVersion: '1' });
    await using newer = await startProvider({ providerDir: directory.path, runtimeVersion: '2' });

    await clock.advance(checkMs);
    await expect.poll(() => older.log.at(-1)?.['msg']).toBe('socket taken over by another runtime');

    expect(await runtimeOf(newer)).toBe('lockstep 2');
    expect(await older.server.ready()).toBeUndefined();
  });

  it.for([
    ['newer', 'older', '1'],
    ['older', 'newer', '2'],
  ] as const)('are served when the %s one dies, by the %s one', async ([dying, , version]) => {
    await using directory = await temporaryDirectory();
    const clock = new FakeClock();
    await using older = await startProvider({ providerDir: directory.path, clock, runtimeVersion: '1' });
    await using newer = await startProvider({ providerDir: directory.path, clock, runtimeVersion: '2' });

    await (dying === 'newer' ? newer : older).server.stop();
    await clock.advance(checkMs);

    await expect.poll(() => runtimeOf(older).catch(() => 'nobody')).toBe(`lockstep ${version}`);
  });
});

async function runtimeOf({ path }: ProviderUnderTest): Promise<string> {
  using driver = new DriverClient(path);
  const { runtimeName, runtimeVersion } = await driver.version();
  return `${runtimeName} ${runtimeVersion}`;
}

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'csi-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function leaveDeadSocket(path: string): Promise<void> {
  await using other = await startProvider({ providerDir: join(path, '..') });
  await other.server.stop();
}

async function startOtherRuntime(directory: string, name: string): Promise<AsyncDisposable> {
  const server = new Server();
  const { version } = CSIDriverProviderService;
  server.addService(
    { version },
    {
      version: (_call: unknown, answer: (error: null, reply: object) => void) =>
        answer(null, { version: 'v1alpha1', runtimeName: 'vault-csi-provider', runtimeVersion: '1.7.4' }),
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${join(directory, `${name}.sock`)}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return { [Symbol.asyncDispose]: async () => server.forceShutdown() };
}
