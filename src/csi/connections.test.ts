import { createConnection, type Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { DriverClient, mountRequest, RawClient } from '../../test/fakes/driver-client.ts';
import { startProvider } from '../../test/fakes/provider-under-test.ts';

const handshakeTimeoutMs = 10_000;

describe('a client that connects and says nothing', () => {
  it('is cut off, while one that spoke HTTP/2 idles for ever', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    using driver = new DriverClient(provider.path);
    await driver.version();
    using idle = new RawClient(provider.path);
    await new Promise((resolve) => idle.session.once('remoteSettings', resolve));
    const silent = await connectSilently(provider.path);
    const closed = new Promise<void>((resolve) => void silent.once('close', () => resolve()));
    await expect.poll(() => clock.waiting).toBe(4); // three handshakes and the check of the path

    await clock.advance(handshakeTimeoutMs);

    await closed;
    expect(idle.session.closed).toBe(false);
    expect(await driver.mount(mountRequest({}))).toMatchObject({ ok: true });
  });

  it('does not hold up the end', async () => {
    await using provider = await startProvider();
    const silent = await connectSilently(provider.path);

    await provider.server.stop();

    await expect.poll(() => silent.closed).toBe(true);
  });
});

it('bytes that are no HTTP/2 close their connection and nothing else', async () => {
  await using provider = await startProvider();
  const socket = await connectSilently(provider.path);
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));

  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(10));

  await closed;
  expect(await provider.server.ready()).toBeUndefined();
});

async function connectSilently(path: string): Promise<Socket> {
  const socket = createConnection(path);
  socket.on('error', () => {}); // being cut off is expected
  socket.resume();
  await new Promise<void>((resolve) => void socket.once('connect', () => resolve()));
  return socket;
}
