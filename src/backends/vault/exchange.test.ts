import { getEventListeners, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { noTls, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { type WireReply, type WireRequest, WireServer } from '../../../test/fakes/wire-server.ts';
import { parseAddress } from './address.ts';
import type { VaultCall } from './call.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import { exchange } from './exchange.ts';
import { createGuardedLookup } from './guarded-lookup.ts';

let reply: (request: WireRequest) => WireReply | Promise<WireReply>;
let server: WireServer;
let clock: FakeClock;
let pool: ConnectionPool;

beforeEach(async () => {
  reply = () => ({ status: 200, body: 'hello' });
  server = await WireServer.start((request) => reply(request));
  clock = new FakeClock();
  pool = poolOf(server.address);
});
afterEach(async () => {
  pool.destroy();
  await server[Symbol.asyncDispose]();
});

function poolOf(address: string): ConnectionPool {
  const lookup = createGuardedLookup({ guard: { checkIp: () => undefined } });
  return createConnectionPool({ address: parseAddress(address), tls: noTls, secureContext: undefined, lookup, clock });
}

interface Options extends Partial<Pick<VaultCall, 'method' | 'body'>> {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pool?: ConnectionPool;
}

function send({ method = 'GET', body, signal = new AbortController().signal, ...more }: Options = {}) {
  const { store } = vaultRef(server.address, 'x');
  const call = {
    operation: 'read',
    store,
    method,
    path: '/v1/x',
    query: '',
    ...(body !== undefined && { body }),
  } as const;
  return exchange(more.pool ?? pool, { call, path: '/v1/x', headers: more.headers ?? {}, signal });
}

async function openSockets(count: number): Promise<void> {
  await vi.waitFor(() => expect(server.openSockets).toBe(count));
}

describe('what goes out', () => {
  it.for([
    ['GET', undefined, undefined],
    ['LIST', undefined, undefined],
    ['FOO', undefined, undefined],
    ['GET', '{"ä":1}', '8'],
    ['FOO', '{}', '2'],
    ['POST', undefined, '0'],
    ['PUT', '{}', '2'],
  ] as const)('of %s with the body %s has the length %s and no header of its own', async ([method, body, length]) => {
    await send({ method, ...(body !== undefined && { body }), headers: { 'X-Vault-Request': 'true' } });
    expect(server.requests[0]).toEqual({
      method,
      path: '/v1/x',
      headers: {
        'x-vault-request': 'true',
        host: `127.0.0.1:${server.port}`,
        connection: 'keep-alive',
        ...(length !== undefined && { 'content-length': length }),
      },
      body: body ?? '',
    });
  });

  it.for([undefined, '{"ä":1}'])('has its headers byte by byte, whatever the body (%s)', async (body) => {
    await send({ method: 'POST', ...(body !== undefined && { body }), headers: { 'X-Vault-Namespace': 'é' } });
    expect(server.requests[0]?.headers['x-vault-namespace']).toBe('é');
  });

  it('names an IPv6 address in brackets', async () => {
    await using local = await WireServer.start(() => ({ status: 204 }), { host: '::1' });
    const other = poolOf(`http://[::1]:${local.port}`);
    expect(await send({ pool: other })).toMatchObject({ status: 204 });
    other.destroy();
    expect(local.requests[0]?.headers['host']).toBe(`[::1]:${local.port}`);
  });
});

describe('a connection', () => {
  it('serves one request after the other', async () => {
    for (let count = 0; count < 20; count++) await send();
    expect(server.connections).toBe(1);
  });

  it('that the server ended is not used again', async () => {
    await send();
    server.dropConnections();
    await openSockets(0);
    expect(await send()).toMatchObject({ status: 200 });
    expect(server.connections).toBe(2);
  });

  it('that breaks under a request fails it, kept or new', async () => {
    reply = ({ body }) => (body === '' ? 'reset' : { status: 200 });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await send({ method: 'POST', body: '{}' });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.connections).toBe(2);
  });

  it('that breaks in the middle of an answer fails the request', async () => {
    reply = () => ({ status: 200, body: 'part', headers: { 'Content-Length': '100' } });
    const sent = send();
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    server.dropConnections();
    await expect(sent).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('that turns into something else ends', async () => {
    reply = () => ({ status: 101, headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await openSockets(0);
  });

  it.for(['http', 'https'])('over %s that is not made within 10 s is given up', async (scheme) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    // A TCP server's address is never a path.
    const { port } = silent.address() as AddressInfo;
    // Nobody answers the look-up of the plain one, nobody shakes hands with the other.
    const hanging = createConnectionPool({
      address: parseAddress(`${scheme}://${scheme === 'http' ? 'vault.example' : '127.0.0.1'}:${port}`),
      tls: noTls,
      secureContext: undefined,
      lookup: () => undefined,
      clock,
    });
    const sent = send({ pool: hanging });
    await clock.advance(9999);
    expect(clock.waiting).toBe(1);
    const late = clock.advance(1);
    await expect(sent).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await late;
    expect(clock.waiting).toBe(0);
    silent.close();
  });

  it('leaves no timer once it is made', async () => {
    await send();
    expect(clock.waiting).toBe(0);
  });
});

describe('a pool', () => {
  it('makes 64 connections at the most, and who waits for one can leave at once', async () => {
    const gate = Promise.withResolvers<WireReply>();
    reply = () => gate.promise;
    const sent = Array.from({ length: 70 }, () => send());
    await vi.waitFor(() => expect(server.requests).toHaveLength(64));
    const controller = new AbortController();
    const waiting = send({ signal: controller.signal });
    const reason = new Error('gone');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    gate.resolve({ status: 204 });
    expect((await Promise.all(sent)).every(({ status }) => status === 204)).toBe(true);
    expect(server.requests).toHaveLength(70);
    expect(server.connections).toBe(64);
  });

  it('whose idle connections are all dead fails one request, not one for each of them', async () => {
    await Promise.all(Array.from({ length: 10 }, () => send()));
    reply = () => 'reset';
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    reply = () => ({ status: 204 });
    await send();
    expect(server.connections).toBe(11);
  });

  it('that retires ends its idle connections now and the others with their request', async () => {
    const gate = Promise.withResolvers<WireReply>();
    await Promise.all([send(), send()]);
    reply = () => gate.promise;
    const sent = send();
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    pool.retire();
    await openSockets(1);
    gate.resolve({ status: 204 });
    expect(await sent).toMatchObject({ status: 204 });
    await openSockets(0);
  });

  it('that is destroyed fails what is under way', async () => {
    reply = () => 'hang';
    const sent = send();
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    pool.destroy();
    await expect(sent).rejects.toMatchObject({ code: 'ECONNRESET' });
    await openSockets(0);
  });
});

describe('a caller', () => {
  it('who is gone already sends nothing', async () => {
    const reason = new Error('gone');
    await expect(send({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.connections).toBe(0);
  });

  it.for<[string, WireReply]>([
    ['before', 'hang'],
    ['in the middle of', { status: 200, body: 'part', headers: { 'Content-Length': '100' } }],
  ])('who goes %s an answer leaves no connection', async ([, answer]) => {
    reply = () => answer;
    const controller = new AbortController();
    const sent = send({ signal: controller.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new DOMException('late', 'TimeoutError');
    controller.abort(reason);
    await expect(sent).rejects.toBe(reason);
    await openSockets(0);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    await send({ signal });
    reply = () => 'reset';
    await expect(send({ signal })).rejects.toThrow('hang up');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('an answer beyond the bound is not read on', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024 + 1);
  reply = () => ({ status: 200, body, headers: { 'Content-Length': String(2 * body.length) } });
  await expect(send()).rejects.toMatchObject({ code: 'VAULT_ANSWER_INVALID' });
  await openSockets(0);
  reply = () => ({ status: 200, body: body.subarray(1) });
  expect((await send()).body).toHaveLength(8 * 1024 * 1024);
});
