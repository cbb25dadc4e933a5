import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Authority, createAuthority } from '../../../test/fakes/certificates.ts';
import { FakeClock } from '../../../test/fakes/clock.ts';
import { ConnectProxy } from '../../../test/fakes/connect-proxy.ts';
import { FakeKube } from '../../../test/fakes/kube-server.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../../test/fakes/temporary-directory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { ApiClient } from './api-client.ts';
import { createApiClient } from './http-api-client.ts';
import { resources } from '../objects.ts';

const { signal } = new AbortController();

let home: TemporaryDirectory;
let clock: FakeClock;
const open: (ApiClient | FakeKube | ConnectProxy | Authority)[] = [];

beforeEach(() => {
  home = createTemporaryDirectory();
  clock = new FakeClock();
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) {
    if ('close' in one) await one.close();
    else if (Symbol.asyncDispose in one) await one[Symbol.asyncDispose]();
    else one[Symbol.dispose]();
  }
  home[Symbol.dispose]();
});

function keep<T extends (typeof open)[number]>(one: T): T {
  open.push(one);
  return one;
}

function createClient(config: KubeConfig): ApiClient {
  return keep(createApiClient(config, { clock, metrics: createMetrics() }));
}

async function list(client: ApiClient): Promise<void> {
  await client.list(resources.secrets, { signal });
}

function seen(kube: FakeKube): readonly (string | undefined)[] {
  return kube.requests.map(({ headers }) => headers.authorization);
}

describe('TLS', () => {
  async function startSecure(options: object = {}) {
    const authority = keep(createAuthority());
    const { cert, key } = authority.issue('server', 'IP:127.0.0.1');
    const kube = keep(await FakeKube.start({ tls: { cert, key, ca: authority.ca.cert, ...options } }));
    return { authority, kube };
  }

  it('is verified with the authority of the cluster', async () => {
    const { authority, kube } = await startSecure();
    const other = keep(createAuthority('other-ca'));
    const caData = authority.ca.cert.toString('base64');

    await list(createClient(kube.configWith({}, { caData })));

    const wrong = list(createClient(kube.configWith({}, { caFile: other.ca.certFile })));
    await expect(wrong).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringMatching(
        /TLS failed, certificate problem [A-Z_]+; check the cluster's certificate authority/,
      ),
    });
    expect(kube.requests).toHaveLength(1);
  });

  it('is verified with the name that the kubeconfig gives the server', async () => {
    const authority = keep(createAuthority());
    const { cert, key } = authority.issue('kube.example');
    const kube = keep(await FakeKube.start({ tls: { cert, key } }));
    const caFile = authority.ca.certFile;

    await list(createClient(kube.configWith({}, { caFile, tlsServerName: 'kube.example' })));

    await expect(list(createClient(kube.configWith({}, { caFile })))).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('is one session for many calls', async () => {
    const { authority, kube } = await startSecure();
    const client = createClient(kube.configWith({ token: 'own' }, { caFile: authority.ca.certFile }));

    for (let call = 0; call < 10; call++) await list(client);

    expect(kube.listener.connections).toBe(1);
  });

  it('shows the certificate of the client, and a new one when its file changes', async () => {
    const { authority, kube } = await startSecure({ requestCert: true, rejectUnauthorized: true });
    const client = authority.issue('client');
    const certFile = join(home.path, 'cert.pem');
    const keyFile = join(home.path, 'key.pem');
    writeFileSync(certFile, client.cert);
    writeFileSync(keyFile, client.key);
    const api = createClient(kube.configWith({ certFile, keyFile }, { caFile: authority.ca.certFile }));
    await list(api);
    const next = authority.issue('next');
    writeFileSync(certFile, next.cert);
    writeFileSync(keyFile, next.key);

    await list(api);
    expect(kube.listener.connections).toBe(1);
    await clock.advance(60_000);
    await list(api);

    expect(kube.listener.connections).toBe(2);
    await expect.poll(() => kube.listener.openSockets).toBe(1);
  });

  it('goes through the proxy of the kubeconfig', async () => {
    const { authority, kube } = await startSecure();
    const port = Number(new URL(kube.listener.address).port);
    const proxy = keep(await ConnectProxy.start(port));
    const cluster = { caFile: authority.ca.certFile, proxyUrl: proxy.address };

    await list(createClient(kube.configWith({ token: 'own' }, cluster)));

    expect(proxy.targets).toEqual([`127.0.0.1:${port}`]);
    expect(seen(kube)).toEqual(['Bearer own']);
  });
});
