import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

import { afterEach, describe, expect, it } from 'vitest';

import { createHttpEndpoints, type HttpEndpoints, type HttpEndpointsDeps } from './http-endpoints.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

const forever = new AbortController().signal;
const external = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

describe('createHttpEndpoints', () => {
  const running: HttpEndpoints[] = [];
  const lines: string[] = [];

  afterEach(async () => {
    for (const endpoints of running.splice(0)) await endpoints.stop(AbortSignal.abort());
    lines.length = 0;
  });

  it('serves the metrics with the type that Prometheus expects', async () => {
    const metrics = createMetrics();
    metrics.cacheLookups.inc({ result: 'hit' });
    const port = await serve({ registry: metrics.registry });

    const reply = await ask(port, '/metrics');

    expect(reply.status).toBe(200);
    expect(reply.type).toBe(metrics.registry.contentType);
    expect(reply.text).toContain('lockstep_cache_lookups_total{result="hit"} 1');
  });

  it.for([
    { path: '/livez', deps: {}, status: 200, text: 'ok\n' },
    { path: '/livez', deps: { live: () => 'stuck' }, status: 503, text: 'stuck\n' },
    { path: '/readyz', deps: {}, status: 200, text: 'ok\n' },
    { path: '/readyz?verbose', deps: {}, status: 200, text: 'ok\n' },
    { path: '/readyz', deps: { ready: async () => 'draining' }, status: 503, text: 'draining\n' },
    { path: '/', deps: {}, status: 404, text: 'not found\n' },
    { path: '/metrics/', deps: {}, status: 404, text: 'not found\n' },
    { path: '/constructor', deps: {}, status: 404, text: 'not found\n' },
  ])('answers $status to $path when it is $text', async ({ path, deps, status, text }) => {
    const port = await serve(deps);

    expect(await ask(port, path)).toMatchObject({ status, text });
  });

  it.for([
    { method: 'POST', path: '/metrics', allow: 'GET' },
    { method: 'DELETE', path: '/livez', allow: 'GET' },
    { method: 'PUT', path: '/readyz', allow: 'GET' },
    { method: 'GET', path: '/flush', allow: 'POST' },
  ])('refuses $method $path', async ({ method, path, allow }) => {
    let flushes = 0;
    const port = await serve({ flush: () => flushes++ });

    expect(await ask(port, path, { method })).toMatchObject({ status: 405, allow });
    expect(flushes).toBe(0);
  });

  it('flushes for a caller on the same host', async () => {
    let flushes = 0;
    const port = await serve({ flush: () => flushes++ });

    expect(await ask(port, '/flush', { method: 'POST' })).toMatchObject({ status: 200 });
    expect(flushes).toBe(1);
  });

  it('flushes for loopback over a dual-stack socket', async () => {
    let flushes = 0;
    const port = await serve({ flush: () => flushes++, address: { host: '', port: 0 } });

    expect(await ask(port, '/flush', { method: 'POST' })).toMatchObject({ status: 200 });
    expect(flushes).toBe(1);
  });

  it.skipIf(external === undefined)('does not flush for a caller from elsewhere', async () => {
    let flushes = 0;
    const port = await serve({ flush: () => flushes++, address: { host: '', port: 0 } });

    expect(await ask(port, '/flush', { method: 'POST', ...(external && { host: external }) })).toMatchObject({
      status: 403,
    });
    expect(flushes).toBe(0);
  });

  it('answers 500 and logs when a check crashes, and lives on', async () => {
    const port = await serve({ ready: () => Promise.reject(new Error('bug')) });

    expect(await ask(port, '/readyz')).toMatchObject({ status: 500, text: 'failed; the log has the details\n' });
    expect(lines[0]).toContain('bug');
    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });
  });

  it('listens nowhere without an address', async () => {
    const endpoints = create({ address: undefined });

    await endpoints.start(forever);

    expect(endpoints.address()).toBeUndefined();
    await endpoints.stop(forever);
  });

  it('names the flag when the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address ? address.port : 0;

    await expect(create({ address: { host: '127.0.0.1', port } }).start(forever)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `--metrics-address 127.0.0.1:${port}: the port is taken; name another HOST:PORT, or off for none`,
    });
    squatter.close();
  });

  it('names the flag when the address is not ours', async () => {
    await expect(create({ address: { host: '192.0.2.1', port: 0 } }).start(forever)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--metrics-address 192.0.2.1:0: it cannot be listened on (EADDRNOTAVAIL)'),
    });
  });

  it('lets a scrape finish when it stops, unless it has to hurry', async () => {
    const asked = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<undefined>();
    const endpoints = create({
      ready: () => {
        asked.resolve();
        return ready.promise;
      },
    });
    await endpoints.start(forever);
    const reply = ask(endpoints.address()?.port ?? 0, '/readyz');
    await asked.promise;

    const stopped = endpoints.stop(forever);
    ready.resolve(undefined);

    expect(await reply).toMatchObject({ status: 200 });
    await stopped;
  });

  it.for([
    { kind: 'that say nothing', text: '' },
    { kind: 'in the middle of a request', text: 'GET /livez HTTP/1.1\r\n' },
    { kind: 'that were answered and stay', text: 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n' },
  ])('answers a probe in spite of 200 connections $kind, and cuts the oldest of them', async ({ text }) => {
    const port = await serve({});
    const held = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    const isOpen = held.map(() => true);
    held.forEach((client, index) => client.on('error', () => undefined).once('close', () => (isOpen[index] = false)));
    await Promise.all(held.map((client) => once(client, 'connect')));
    for (const client of held) client.resume().write(text);

    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });

    await expect.poll(() => isOpen.filter(Boolean).length, { timeout: 5_000 }).toBe(63);
    expect(isOpen[0]).toBe(false);
    expect(isOpen.at(-1)).toBe(true);
    held.forEach((client) => client.destroy());
  });

  it('cuts off who stops in the middle of a request when it has to hurry', async () => {
    const endpoints = create({});
    await endpoints.start(forever);
    const client = connect(endpoints.address()?.port ?? 0, '127.0.0.1');
    const closed = once(client, 'close');
    client.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /livez HTTP/1.1\r\n');
    await once(client, 'data');

    await endpoints.stop(AbortSignal.abort());

    await expect(closed).resolves.toBeDefined();
  });

  function create(deps: Partial<HttpEndpointsDeps>): HttpEndpoints {
    const endpoints = createHttpEndpoints({
      address: { host: '127.0.0.1', port: 0 },
      registry: createMetrics().registry,
      logger: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
      live: () => undefined,
      ready: async () => undefined,
      flush: () => undefined,
      ...deps,
    });
    running.push(endpoints);
    return endpoints;
  }

  async function serve(deps: Partial<HttpEndpointsDeps>): Promise<number> {
    const endpoints = create(deps);
    await endpoints.start(forever);
    return endpoints.address()?.port ?? 0;
  }
});

interface AskOptions {
  readonly method?: string;
  readonly host?: string;
}

async function ask(port: number, path: string, { method = 'GET', host = '127.0.0.1' }: AskOptions = {}) {
  const reply = await fetch(`http://${host}:${port}${path}`, { method });
  const { status, headers } = reply;
  return { status, text: await reply.text(), type: headers.get('content-type'), allow: headers.get('allow') };
}
