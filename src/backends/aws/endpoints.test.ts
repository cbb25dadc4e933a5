import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  awsPod,
  createAwsUnderTest,
  defaultsOf,
  parameterRef,
  podIdentity,
  secretRef,
} from '../../../test/fakes/aws-callers.ts';
import { FakeAws } from '../../../test/fakes/aws-server.ts';
import { type Authority, type CertificateFiles, createAuthority } from '../../../test/fakes/certificates.ts';
import { ConnectProxy } from '../../../test/fakes/connect-proxy.ts';
import type { AwsDefaults } from '../../core/store-defaults.ts';
import { createAwsAccess } from './access.ts';

const pod = awsPod('one');
let authority: Authority;
let ca: CertificateFiles;
let server: CertificateFiles;
let directory: string;
let aws: FakeAws;
let proxy: ConnectProxy;

beforeAll(async () => {
  authority = createAuthority();
  ca = authority.ca;
  const names = ['amazonaws.com', 'api.aws', 'amazonaws.com.cn'].flatMap((domain) =>
    ['us-east-1', 'us-west-2', 'cn-north-1'].map((region) => `DNS:*.${region}.${domain}`),
  );
  server = authority.issue('aws', names.join(','));
  directory = await mkdtemp(join(tmpdir(), 'lockstep-aws-'));
});
afterAll(async () => {
  authority[Symbol.dispose]();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  aws = await FakeAws.start({ tls: { key: server.key, cert: server.cert } });
  proxy = await ConnectProxy.start(aws.server.port);
  for (const region of ['us-east-1', 'us-west-2', 'cn-north-1']) {
    aws.secrets.set(region, 'db', 'hunter2');
    aws.parameters.set(region, '/db', 'hunter3');
  }
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await aws[Symbol.asyncDispose]();
});

/** The real endpoints, reached through the proxy, with a CA that vouches for the fake. */
function real(changes: Partial<AwsDefaults> = {}): AwsDefaults {
  return {
    ...defaultsOf(aws),
    endpoints: {},
    caBundleFile: ca.certFile,
    proxy: { httpsProxy: proxy.address },
    ...changes,
  };
}

function createUnderTest(defaults: AwsDefaults) {
  return createAwsUnderTest(aws, { defaults });
}

describe('an endpoint', () => {
  it.for<readonly [string, Partial<AwsDefaults>, string, readonly string[]]>([
    [
      'the usual',
      {},
      'us-east-1',
      ['sts.us-east-1.amazonaws.com', 'secretsmanager.us-east-1.amazonaws.com', 'ssm.us-east-1.amazonaws.com'],
    ],
    [
      'another region',
      {},
      'us-west-2',
      ['sts.us-west-2.amazonaws.com', 'secretsmanager.us-west-2.amazonaws.com', 'ssm.us-west-2.amazonaws.com'],
    ],
    [
      'China',
      {},
      'cn-north-1',
      [
        'sts.cn-north-1.amazonaws.com.cn',
        'secretsmanager.cn-north-1.amazonaws.com.cn',
        'ssm.cn-north-1.amazonaws.com.cn',
      ],
    ],
    [
      'FIPS',
      { useFips: true },
      'us-east-1',
      [
        'sts-fips.us-east-1.amazonaws.com',
        'secretsmanager-fips.us-east-1.amazonaws.com',
        'ssm-fips.us-east-1.amazonaws.com',
      ],
    ],
    [
      'dual-stack',
      { useDualstack: true },
      'us-east-1',
      // The usual name of Secrets Manager answers on both.
      ['sts.us-east-1.api.aws', 'secretsmanager.us-east-1.amazonaws.com', 'ssm.us-east-1.api.aws'],
    ],
    [
      'both',
      { useFips: true, useDualstack: true },
      'us-west-2',
      ['sts-fips.us-west-2.api.aws', 'secretsmanager-fips.us-west-2.amazonaws.com', 'ssm-fips.us-west-2.api.aws'],
    ],
  ])('%s: follows from the region, for STS too, through the proxy', async ([, changes, region, hosts]) => {
    await using under = createUnderTest(real(changes));

    expect(await under.fetch(secretRef({ secretId: 'db' }, { region }), pod)).toMatchObject({ value: 'hunter2' });
    expect(await under.fetch(parameterRef({ name: '/db' }, { region }), pod)).toMatchObject({ value: 'hunter3' });
    expect(proxy.targets).toEqual(hosts.map((host) => `${host}:443`));
  });

  it('that somebody chose is taken as it is, beside FIPS for the others', async () => {
    await using plain = await FakeAws.start();
    plain.secrets.set('us-east-1', 'db', 'from the private endpoint');
    plain.keys.set('ASIAFAKE1', 'session-token-1');
    await using under = createUnderTest(
      real({ useFips: true, useDualstack: true, endpoints: { secretsManager: plain.address } }),
    );

    expect(await under.fetch(secretRef({ secretId: 'db' }), pod)).toMatchObject({ value: 'from the private endpoint' });
    expect(proxy.targets).toEqual(['sts-fips.us-east-1.api.aws:443']);
  });

  it('keeps its connections', async () => {
    await using under = createUnderTest(real());

    for (let round = 0; round < 5; round++) await under.fetch(secretRef({ secretId: 'db' }), awsPod(`pod-${round}`));
    expect(proxy.targets).toHaveLength(2);
  });

  it.for(['a b', 'evil.example/', 'us-east-1.evil.example', '', '-x', 'x@y', 'ü', 'a'.repeat(64)])(
    'is never made of a region like %j',
    async (region) => {
      await using under = createUnderTest(real());

      const told = await under.fetch(secretRef({ secretId: 'db' }, { region }), pod);
      expect(told).toMatchObject({ code: 'AWS_REQUEST_REFUSED' });
      expect(told.message).toContain('is no region; write it as in us-east-1');
      expect(proxy.targets).toEqual([]);
    },
  );
});

describe('a proxy', () => {
  it('is passed by for the hosts of NO_PROXY', async () => {
    await using under = createUnderTest(
      real({
        proxy: { httpsProxy: proxy.address, noProxy: 'localhost' },
        endpoints: { sts: `https://localhost:${aws.server.port}` },
      }),
    );

    expect(await under.fetch(secretRef({ secretId: 'db' }), pod)).toMatchObject({ code: 'AWS_TLS' });
    expect(proxy.targets).toEqual([]);
  });

  it('never gets the token for the agent of Pod Identity', async () => {
    await using agent = await FakeAws.start();
    aws.keys.set('ASIAFAKE1', 'session-token-1');
    const podIdentityAgent = { ipv4: '127.0.0.1', ipv6: '::1', port: agent.server.port };
    const all = { httpsProxy: proxy.address, httpProxy: proxy.address };
    await using under = createUnderTest(real({ podIdentityAgent, proxy: all }));

    expect(await under.fetch(secretRef({ secretId: 'db' }, { identity: podIdentity }), pod)).toMatchObject({
      value: 'hunter2',
    });
    expect(agent.calls).toEqual(['GetCredentials']);
    expect(proxy.targets).toEqual(['secretsmanager.us-east-1.amazonaws.com:443']);
  });

  it('that refuses is named as the way that is blocked', async () => {
    await using refusing = await FakeAws.start();
    await using under = createUnderTest(real({ proxy: { httpsProxy: refusing.address } }));

    const told = await under.fetch(secretRef({ secretId: 'db' }), pod);
    expect(told.code).toBe('AWS_UNREACHABLE');
    expect(told.message).toContain(
      'Check that us-east-1 is a region, and that the node reaches STS there (DNS, proxy, VPC endpoint)',
    );
  });
});

describe('TLS', () => {
  it('is verified', async () => {
    const { caBundleFile: _unused, ...defaults } = real();
    await using under = createUnderTest(defaults);

    const told = await under.fetch(secretRef({ secretId: 'db' }), pod);
    expect(told.code).toBe('AWS_TLS');
    expect(told.message).toMatch(/TLS failed \([A-Z_]+\)\. Check AWS_CA_BUNDLE, the proxy and the endpoint$/);
    expect(aws.calls).toEqual([]);
  });

  it.for<readonly [string, string | undefined]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['holds something else', 'hello'],
    ['is broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('ends the start when its CA bundle %s', async ([, content]) => {
    const file = join(directory, 'bundle.pem');
    await rm(file, { force: true });
    if (content !== undefined) await writeFile(file, content);
    const { metrics, clock } = createUnderTest(real());
    const create = () =>
      createAwsAccess({ clock, metrics, defaults: real({ caBundleFile: file }), failover: 'lazy', batch: 'off' });

    expect(create).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(file) }));
  });
});
