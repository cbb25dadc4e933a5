import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import type { Caller } from '../../core/caller.ts';
import { createRoleReader } from './role-reader.ts';

const role = 'arn:aws:iam::1:role/web';
const { signal } = new AbortController();
let clock: FakeClock;
let seen: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  answer(request, response);
});

beforeEach(async () => {
  clock = new FakeClock();
  seen = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

function caller(serviceAccount = 'web'): Caller {
  return { kind: 'pod', namespace: 'shop', serviceAccount, tokens: new Map(), secrets: new Map() };
}

function reply(status: number, body: unknown): void {
  answer = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

function annotate(annotations?: Readonly<Record<string, string>>): void {
  reply(200, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'web', ...(annotations && { annotations }) },
  });
}

function createReader() {
  const config = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test', token: 'own-token' },
  );
  return createRoleReader(config, { clock });
}

describe('the role reader', () => {
  it('reads the annotation of the service account, and keeps it for five minutes', async () => {
    const reader = createReader();
    annotate({ 'eks.amazonaws.com/role-arn': role });

    expect(await reader.roleOf(caller(), { signal })).toBe(role);
    await clock.advance(299_000);
    expect(await reader.roleOf(caller(), { signal })).toBe(role);
    expect(seen).toEqual(['GET /api/v1/namespaces/shop/serviceaccounts/web']);

    annotate({ 'eks.amazonaws.com/role-arn': 'another' });
    await clock.advance(1_000);
    expect(await reader.roleOf(caller(), { signal })).toBe('another');
  });

  it('asks once for all who ask meanwhile, and for each account', async () => {
    const reader = createReader();
    annotate({ 'eks.amazonaws.com/role-arn': role });

    await Promise.all(['web', 'web', 'db', 'web'].map((name) => reader.roleOf(caller(name), { signal })));
    expect(seen).toHaveLength(2);
  });

  it.for([undefined, {}, { 'eks.amazonaws.com/role-arn': '' }, { other: 'x' }])(
    'finds none in the annotations %j, and looks again the next time',
    async (annotations) => {
      const reader = createReader();
      annotate(annotations);
      expect(await reader.roleOf(caller(), { signal })).toBeUndefined();

      annotate({ 'eks.amazonaws.com/role-arn': role });
      expect(await reader.roleOf(caller(), { signal })).toBe(role);
    },
  );

  it('looks again for a role that was refused, unless it has just looked', async () => {
    const reader = createReader();
    annotate({ 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    annotate({ 'eks.amazonaws.com/role-arn': 'corrected' });

    expect(await reader.roleOf(caller(), { signal, refused: role })).toBe(role);
    await clock.advance(5_000);
    expect(await reader.roleOf(caller(), { signal, refused: 'another' })).toBe(role);
    expect(await reader.roleOf(caller(), { signal, refused: role })).toBe('corrected');
    expect(seen).toHaveLength(2);
  });

  it('goes on with what it knows for an hour while the API server is out, and does not ask each time', async () => {
    const reader = createReader();
    annotate({ 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    reply(503, { message: 'out of order' });
    await clock.advance(300_000);

    for (let round = 0; round < 3; round++) expect(await reader.roleOf(caller(), { signal })).toBe(role);
    expect(seen).toHaveLength(2);
    await clock.advance(3_600_000);
    await expect(reader.roleOf(caller(), { signal })).rejects.toMatchObject({ code: 'AWS_ROLE_LOOKUP_FAILED' });
  });

  it('does not go on with a role of an account that is gone', async () => {
    const reader = createReader();
    annotate({ 'eks.amazonaws.com/role-arn': role });
    await reader.roleOf(caller(), { signal });
    reply(404, { message: 'serviceaccounts "web" not found' });
    await clock.advance(300_000);

    await expect(reader.roleOf(caller(), { signal })).rejects.toThrow('the service account is gone');
  });

  it.for([
    [403, ': serviceaccounts "web" is forbidden', "let lockstep's service account get serviceaccounts, or set roleArn"],
    [404, ': serviceaccounts "web" not found', 'the service account is gone'],
    // The client knows this one, and drops what it says.
    [401, '', "check lockstep's own credentials for the API server"],
    [500, ': sorry', 'it is asked again with the next mount; with roleArn there is no need to'],
  ] as const)('explains an answer %i', async ([status, words, remedy]) => {
    const reader = createReader();
    reply(status, { kind: 'Status', message: words.slice(2) });

    await expect(reader.roleOf(caller(), { signal })).rejects.toMatchObject({
      code: 'AWS_ROLE_LOOKUP_FAILED',
      message: `no role for service account shop/web: the API server answered ${status}${words}; ${remedy}`,
    });
  });

  it('gives up with the reason of the signal, and in ten seconds', async () => {
    const reader = createReader();
    const controller = new AbortController();
    answer = () => controller.abort(new Error('gone'));
    await expect(reader.roleOf(caller(), { signal: controller.signal })).rejects.toThrow('gone');

    const arrived = Promise.withResolvers<void>();
    answer = () => arrived.resolve();
    const read = reader.roleOf(caller(), { signal });
    await arrived.promise;
    await Promise.all([expect(read).rejects.toMatchObject({ code: 'AWS_ROLE_LOOKUP_FAILED' }), clock.advance(10_000)]);
  });
});
