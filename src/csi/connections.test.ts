import { createConnection, type Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { DriverClient, mountRequest, oldDriverAuthority, RawClient } from '../../test/fakes/driver-client.ts';
import { startProvider } from '../../test/fakes/provider-under-test.ts';

const handshakeTimeoutMs = 10_000;
const firstRequestTimeoutMs = 120_000;

describe('a client that connects and says nothing', () => {
  it('is cut off, while one that spoke HTTP/2 is not yet', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    using driver = new DriverClient(provider.path);
    await driver.version();
    using idle = new RawClient(provider.path);
    await new Promise((resolve) => idle.session.once('remoteSettings', resolve));
    const silent = await connectSilently(provider.path);
    const closed = new Promise<void>((resolve) => void silent.once('close', () => resolve()));
    await expect.poll(() => clock.waiting).toBe(5); // two each of idle and silent, and the check of the path

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

describe('a client that speaks HTTP/2', () => {
  it('is cut off when it requests nothing', async () => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    using idle = new RawClient(provider.path);
    const closed = new Promise<void>((resolve) => void idle.session.once('close', () => resolve()));
    await new Promise((resolve) => idle.session.once('remoteSettings', resolve));
    await expect.poll(() => clock.waiting).toBe(3); // two of the connection, and the check of the path

    await clock.advance(firstRequestTimeoutMs);

    await closed;
  });

  it.for(['localhost', oldDriverAuthority])('idles for ever after a request with the authority "%s"', async (name) => {
    const clock = new FakeClock();
    await using provider = await startProvider({ clock });
    using driver = new RawClient(provider.path);
    const authority = { ':authority': name };
    expect(await driver.mount(mountRequest({}), authority)).toMatchObject({ grpcStatus: 0 });

    await clock.advance(100 * firstRequestTimeoutMs);

    expect(await driver.mount(mountRequest({}), authority)).toMatchObject({ grpcStatus: 0 });
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
