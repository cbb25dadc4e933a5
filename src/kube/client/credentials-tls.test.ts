import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect } from 'vitest';

import { createAuthority } from '../../../test/fakes/certificates.ts';
import { ConnectProxy } from '../../../test/fakes/connect-proxy.ts';
import { it as base, list, seen } from '../../../test/fakes/kube-credentials.ts';
import { FakeKube } from '../../../test/fakes/kube-server.ts';

const it = base
  .extend('authority', ({ keep }) => keep(createAuthority()))
  .extend('startSecure', ({ authority, keep }) => async (options: object = {}) => {
    const { cert, key } = authority.issue('server', 'IP:127.0.0.1');
    return keep(await FakeKube.start({ tls: { cert, key, ca: authority.ca.cert, ...options } }));
  });

describe('TLS', () => {
  it('is verified with the authority of the cluster', async ({ authority, startSecure, keep, createClient }) => {
    const kube = await startSecure();
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

  it('is verified with the name that the kubeconfig gives the server', async ({ authority, keep, createClient }) => {
    const { cert, key } = authority.issue('kube.example');
    const kube = keep(await FakeKube.start({ tls: { cert, key } }));
    const caFile = authority.ca.certFile;

    await list(createClient(kube.configWith({}, { caFile, tlsServerName: 'kube.example' })));

    await expect(list(createClient(kube.configWith({}, { caFile })))).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('is one session for many calls', async ({ authority, startSecure, createClient }) => {
    const kube = await startSecure();
    const client = createClient(kube.configWith({ token: 'own' }, { caFile: authority.ca.certFile }));

    for (let call = 0; call < 10; call++) await list(client);

    expect(kube.listener.connections).toBe(1);
  });

  it('shows the certificate of the client, and a new one when its file changes', async ({
    authority,
    startSecure,
    home,
    clock,
    createClient,
  }) => {
    const kube = await startSecure({ requestCert: true, rejectUnauthorized: true });
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

  it('goes through the proxy of the kubeconfig', async ({ authority, startSecure, keep, createClient }) => {
    const kube = await startSecure();
    const port = Number(new URL(kube.listener.address).port);
    const proxy = keep(await ConnectProxy.start(port));
    const cluster = { caFile: authority.ca.certFile, proxyUrl: proxy.address };

    await list(createClient(kube.configWith({ token: 'own' }, cluster)));

    expect(proxy.targets).toEqual([`127.0.0.1:${port}`]);
    expect(seen(kube)).toEqual(['Bearer own']);
  });
});
