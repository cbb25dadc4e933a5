import { describe, expect, it } from 'vitest';

import { formatProblem } from '../core/problem.ts';
import { readAmbientAwsKeys, readAwsEnvironment } from './aws-environment.ts';
import type { Environment } from './flag.ts';

const nothing = {
  endpoints: {},
  useFips: false,
  useDualstack: false,
  proxy: {},
  podIdentityAgent: { ipv4: '169.254.170.23', ipv6: 'fd00:ec2::23', port: 80 },
};

describe('the environment of AWS', () => {
  it.for<readonly [string, Environment, object]>([
    ['nothing', {}, {}],
    ['empty variables', { AWS_REGION: '', AWS_ENDPOINT_URL: '', AWS_USE_FIPS_ENDPOINT: '', HTTPS_PROXY: '' }, {}],
    ['a region', { AWS_REGION: 'eu-west-1' }, { region: 'eu-west-1' }],
    ['another variable of the SDK', { AWS_DEFAULT_REGION: 'eu-west-1', AWS_PROFILE: 'me' }, {}],
    ['a CA bundle', { AWS_CA_BUNDLE: '/etc/ca.pem' }, { caBundleFile: '/etc/ca.pem' }],
    [
      'an endpoint for all',
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      {
        endpoints: {
          secretsManager: 'http://localhost:4566',
          ssm: 'http://localhost:4566',
          sts: 'http://localhost:4566',
        },
      },
    ],
    [
      'an endpoint for one service, which wins',
      {
        AWS_ENDPOINT_URL: 'http://a',
        AWS_ENDPOINT_URL_STS: 'https://b',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://c',
      },
      { endpoints: { secretsManager: 'https://c', ssm: 'http://a', sts: 'https://b' } },
    ],
    ['an endpoint for SSM alone', { AWS_ENDPOINT_URL_SSM: 'https://d' }, { endpoints: { ssm: 'https://d' } }],
    [
      'FIPS and dual-stack',
      { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'True' },
      { useFips: true, useDualstack: true },
    ],
    ['switches that are off', { AWS_USE_FIPS_ENDPOINT: 'false' }, {}],
    [
      'proxies',
      { HTTPS_PROXY: 'http://p:3128', http_proxy: 'q:3128', NO_PROXY: 'localhost,.internal' },
      { proxy: { httpsProxy: 'http://p:3128', httpProxy: 'http://q:3128', noProxy: 'localhost,.internal' } },
    ],
    [
      'an agent elsewhere',
      {
        LOCKSTEP_POD_IDENTITY_AGENT_IPV4: '127.0.0.1',
        LOCKSTEP_POD_IDENTITY_AGENT_IPV6: '::1',
        LOCKSTEP_POD_IDENTITY_AGENT_PORT: '8099',
      },
      { podIdentityAgent: { ipv4: '127.0.0.1', ipv6: '::1', port: 8099 } },
    ],
    ["the agent of the daemon's own pod", { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/x' }, {}],
  ])('with %s', ([, env, changes]) => {
    expect(readAwsEnvironment(env)).toEqual({ ok: true, value: { ...nothing, ...changes } });
  });

  it('tells all mistakes at once, without passwords', () => {
    const read = readAwsEnvironment({
      AWS_ENDPOINT_URL: 'localhost:4566',
      AWS_ENDPOINT_URL_SSM: 'unix:///x',
      AWS_USE_FIPS_ENDPOINT: 'yes',
      HTTPS_PROXY: 'ftp://me:hunter2@proxy',
      LOCKSTEP_POD_IDENTITY_AGENT_IPV4: 'agent',
      LOCKSTEP_POD_IDENTITY_AGENT_PORT: '0',
    });

    expect(read.ok ? [] : read.problems.map(formatProblem)).toEqual([
      'AWS_ENDPOINT_URL: "localhost:4566" must be a URL: http://HOST:PORT or https://HOST:PORT',
      'AWS_ENDPOINT_URL_SSM: "unix:///x" must be a URL: http://HOST:PORT or https://HOST:PORT',
      'AWS_USE_FIPS_ENDPOINT: "yes" must be true or false',
      'HTTPS_PROXY: "ftp://…@proxy" must be a URL: http://HOST:PORT',
      'LOCKSTEP_POD_IDENTITY_AGENT_IPV4: "agent" must be an IP address',
      'LOCKSTEP_POD_IDENTITY_AGENT_PORT: "0" must be a port number',
    ]);
  });
});

it("a person's keys are read by the names that the backend knows", () => {
  const keys = readAmbientAwsKeys({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: '' });

  expect([...keys].map(([name, value]) => [name, value.reveal().toString()])).toEqual([
    ['accessKeyId', 'a'],
    ['secretAccessKey', 'b'],
  ]);
});
