import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { podCaller } from '../../../test/fakes/resolver-under-test.ts';
import { loadKubeConfig } from '../client/kube-config.ts';
import { createTokenIssuer } from './token-issuer.ts';

const caller = podCaller('web-1', { pod: { name: 'web-1', uid: 'uid-1' } });
const signal = new AbortController().signal;

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: Seen[];
const server = createServer((request, response) => {
  void text(request).then((body) => {
    const { method, url, headers } = request;
    seen.push({ method, url, authorization: headers.authorization, body: JSON.parse(body) as unknown });
    answer(request, response);
  });
});
let home: string;

beforeEach(async () => {
  seen = [];
  home = await mkdtemp(join(tmpdir(), 'lockstep-kube-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true, force: true });
});

async function createIssuer(port = (server.address() as AddressInfo).port) {
  const file = join(home, 'kubeconfig');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'own-token' } }],
  };
  await writeFile(file, JSON.stringify(config));
  return createTokenIssuer(loadKubeConfig(file));
}

function reply(status: number, body: unknown): void {
  answer = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

describe('the token issuer', () => {
  it.for([
    { audience: 'vault', audiences: ['vault'] },
    { audience: '', audiences: [] },
  ])('asks for a token for the audience "$audience", bound to the pod', async ({ audience, audiences }) => {
    reply(201, { status: { token: 'pod-token', expirationTimestamp: '2026-01-01T00:15:00Z' } });

    const token = await (await createIssuer()).issue(caller, audience, { signal });

    expect(token.reveal().toString()).toBe('pod-token');
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/api/v1/namespaces/shop/serviceaccounts/web/token',
        authorization: 'Bearer own-token',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            expirationSeconds: 900,
            audiences,
            boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web-1', uid: 'uid-1' },
          },
        },
      },
    ]);
  });

  it.for([
    {
      status: 403,
      body: { kind: 'Status', message: 'serviceaccounts "web" is forbidden' },
      message:
        'no token for service account shop/web of pod web-1: the API server answered 403: serviceaccounts "web" is forbidden; ' +
        "let lockstep's service account create serviceaccounts/token, or list the audience in the driver's tokenRequests",
    },
    {
      status: 404,
      body: { kind: 'Status', message: 'serviceaccounts "web" not found' },
      message:
        'no token for service account shop/web of pod web-1: the API server answered 404: serviceaccounts "web" not found; ' +
        'the service account or the pod is gone',
    },
    {
      status: 401,
      body: {},
      message:
        'no token for service account shop/web of pod web-1: the API server answered 401; ' +
        "check lockstep's own credentials for the API server",
    },
    {
      status: 502,
      body: 'a page of a proxy',
      message:
        'no token for service account shop/web of pod web-1: the API server answered 502; ' +
        "it is asked again with the next mount; the driver's tokenRequests need no such call",
    },
    {
      status: 201,
      body: { status: { token: '' } },
      message:
        'no token for service account shop/web of pod web-1: the API server answered without a token; ' +
        "it is asked again with the next mount; the driver's tokenRequests need no such call",
    },
  ])('explains an answer $status', async ({ status, body, message }) => {
    reply(status, body);

    await expect((await createIssuer()).issue(caller, 'vault', { signal })).rejects.toMatchObject({
      code: 'TOKEN_REQUEST_FAILED',
      message,
    });
  });

  it('explains an API server that is not there', async () => {
    const { port } = server.address() as AddressInfo;
    const issuer = await createIssuer(port);
    server.close();
    await once(server, 'close');

    await expect(issuer.issue(caller, 'vault', { signal })).rejects.toThrow(
      'the API server cannot be reached (ECONNREFUSED)',
    );
    server.listen(0, '127.0.0.1');
  });

  it('gives up with the reason of the signal', async () => {
    const controller = new AbortController();
    answer = () => controller.abort(new Error('the deadline passed'));

    await expect((await createIssuer()).issue(caller, 'vault', { signal: controller.signal })).rejects.toThrow(
      'the deadline passed',
    );
  });

  it('asks nothing for a caller that is no pod', async () => {
    const { pod: _, ...operator } = caller;

    await expect((await createIssuer()).issue({ ...operator, kind: 'operator' }, 'vault', { signal })).rejects.toThrow(
      'no pod',
    );
    expect(seen).toEqual([]);
  });
});

describe('a kubeconfig', () => {
  it.for([
    { name: 'is missing', content: undefined, reason: 'the file does not exist' },
    { name: 'is no YAML', content: '{[', reason: 'the file is no kubeconfig' },
    {
      name: 'has no current context',
      content: 'clusters: []\nusers: []\ncontexts: []\n',
      reason: 'no current context',
    },
  ])('is refused when it $name', async ({ content, reason }) => {
    const file = join(home, 'config');
    if (content !== undefined) await writeFile(file, content);

    expect(() => loadKubeConfig(file)).toThrow(reason);
  });

  it('is asked for outside a pod', () => {
    expect(() => loadKubeConfig(undefined)).toThrow('name a kubeconfig with --kubeconfig');
  });
});
