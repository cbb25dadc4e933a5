import { mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { type FakeProvider, startFakeProvider } from '../../test/fakes/provider.ts';
import type { PlayedVolume } from './mount-request.ts';
import { PlayedDriver } from './played-driver.ts';
import { createPodTokens } from './pod-tokens.ts';
import { ProviderClients } from './provider-clients.ts';

let directory: string;
let provider: FakeProvider;
let clients: ProviderClients;
let driver: PlayedDriver;
let volume: PlayedVolume;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'lockstep-driver-')));
  provider = await startFakeProvider(directory, 'vault', { 'db/password': 'first', token: 'same' });
  clients = new ProviderClients(directory);
  const clock = new FakeClock();
  driver = new PlayedDriver({ clients, tokens: createPodTokens(Buffer.alloc(32, 7), clock), clock });
  volume = {
    className: 'web',
    provider: 'vault',
    parameters: new Map([['roleName', 'web']]),
    volumeAttributes: {},
    secrets: null,
    identity: { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' },
    targetPath: join(directory, 'pods/uid-1/mount'),
  };
});
afterEach(async () => {
  clients.close();
  await provider.stop();
  await rm(directory, { recursive: true });
});

function mountedText(path: string): Promise<string> {
  return readFile(join(volume.targetPath, path), 'utf8');
}

describe('PlayedDriver', () => {
  it('writes what the provider answers, with its modes', async () => {
    const publication = await driver.publish(volume);

    expect(publication).toMatchObject({
      outcome: 'mounted',
      files: [
        { path: 'db/password', version: 'version-of-first' },
        { path: 'token', version: 'version-of-same' },
      ],
    });
    expect(await mountedText('db/password')).toBe('first');
    expect((await stat(join(volume.targetPath, 'token'))).mode & 0o777).toBe(0o640);
    expect(provider.requests[0]).toMatchObject({ targetPath: volume.targetPath, permission: '420' });
  });

  it('says which files a republish changed, added and removed', async () => {
    await driver.publish(volume);
    provider.answer = { 'db/password': 'second', token: 'same', extra: 'new' };
    const changed = await driver.publish(volume);
    provider.answer = { 'db/password': 'second' };
    const removed = await driver.publish(volume);

    expect(changed).toMatchObject({
      changes: [
        { path: 'db/password', before: { version: 'version-of-first' }, after: { version: 'version-of-second' } },
        { path: 'extra', before: undefined },
      ],
    });
    expect(removed).toMatchObject({
      changes: [
        { path: 'extra', after: undefined },
        { path: 'token', after: undefined },
      ],
    });
    await expect(mountedText('token')).rejects.toThrow('ENOENT');
    expect(driver.mounts).toBe(3);
  });

  it('leaves the files as they are when a republish is refused', async () => {
    await driver.publish(volume);
    provider.answer = { code: status.PERMISSION_DENIED, details: 'object "db": not allowed' };

    expect(await driver.publish(volume)).toEqual({
      outcome: 'refused',
      reason: 'PERMISSION_DENIED: object "db": not allowed',
    });
    expect(await mountedText('db/password')).toBe('first');
    expect(driver.mounts).toBe(1);
  });

  it.for(['aws', '../vault', ''])('finds no provider called %j', async (name) => {
    expect(await driver.publish({ ...volume, provider: name })).toEqual({
      outcome: 'refused',
      reason: `provider not found: provider "${name}"`,
    });
  });
});
