import { hostname } from 'node:os';

import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import { formatProblem } from '../core/problem.ts';
import { readControllerConfig } from './controller-config.ts';
import type { Environment, Given } from './flag.ts';

const pod = { POD_NAMESPACE: 'lockstep-system', POD_NAME: 'lockstep-controller-7d4f-x2x' };

function read(given: Given, env: Environment = pod) {
  const parsed = readControllerConfig(given, env);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

function refusals(given: Given, env: Environment = pod): readonly string[] {
  const parsed = readControllerConfig(given, env);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('the configuration of a controller', () => {
  it('syncs all namespaces as one of several replicas when told nothing', () => {
    const config = read({});
    const { stores, ...rest } = config;

    expect(Object.isFrozen(config)).toBe(true);
    expect(rest).toEqual({
      namespaces: undefined,
      namespaceSelector: undefined,
      audiences: ['vault', 'sts.amazonaws.com'],
      interval: 300_000,
      workers: 16,
      leaderElect: true,
      leaseNamespace: 'lockstep-system',
      versionKeyFile: undefined,
      versionKeySecret: 'lockstep-version-key',
      vaultAddresses: undefined,
      fileRoots: undefined,
      forbidSkipVerify: false,
      awsFailover: 'lazy',
      awsBatch: 'off',
      kubeconfig: undefined,
      metricsAddress: { host: '', port: 8080 },
      perObjectMetrics: false,
      reloaderAnnotations: false,
      rolloutFieldManager: 'lockstep-rollout',
      rolloutMaxConcurrent: 10,
      rollouts: false,
      startupTaint: undefined,
      providerSelector: 'app.kubernetes.io/name=lockstep,app.kubernetes.io/component=provider',
      logLevel: 'info',
      logFormat: 'json',
      namespace: 'lockstep-system',
      identity: 'lockstep-controller-7d4f-x2x',
      ignoredVariables: [],
    });
    expect(stores).toMatchObject({ vault: { address: 'https://127.0.0.1:8200' }, aws: awsDefaults });
  });

  it('keeps the Lease where it is told to, and the version key where it runs', () => {
    expect(read({ leaseNamespace: 'leases' })).toMatchObject({
      namespace: 'lockstep-system',
      leaseNamespace: 'leases',
    });
  });

  it('has another name than its neighbours where nobody gives it one', () => {
    expect(read({}, {})).toMatchObject({
      namespace: 'default',
      leaseNamespace: 'default',
      identity: `${hostname()}-${process.pid}`,
    });
  });

  it.for<readonly [Given, Environment, object]>([
    [{ leaderElect: 'false' }, {}, { leaderElect: false }],
    [{ leaderElect: true }, { LOCKSTEP_LEADER_ELECT: 'false' }, { leaderElect: true }],
    [{}, { LOCKSTEP_LEADER_ELECT: '0' }, { leaderElect: false }],
    [{ namespaces: 'shop, billing,shop' }, {}, { namespaces: ['shop', 'billing'] }],
    [{ namespaceSelector: 'team in (a,b)' }, {}, { namespaceSelector: 'team in (a,b)' }],
    [{}, { LOCKSTEP_AUDIENCES: 'vault' }, { audiences: ['vault'] }],
    [{ startupTaint: 'lockstep.dev/provider-not-ready' }, {}, { startupTaint: 'lockstep.dev/provider-not-ready' }],
    [{}, { LOCKSTEP_STARTUP_TAINT: 'not-ready' }, { startupTaint: 'not-ready' }],
    [
      { startupTaint: 'startup-taint.cluster-autoscaler.kubernetes.io/lockstep' },
      {},
      { startupTaint: 'startup-taint.cluster-autoscaler.kubernetes.io/lockstep' },
    ],
    [{ providerSelector: 'app=csi' }, {}, { providerSelector: 'app=csi' }],
    [{}, { VAULT_TOKEN: 'hvs.x' }, { ignoredVariables: ['VAULT_TOKEN'] }],
  ])('reads %j with %j', ([given, env, value]) => {
    expect(read(given, env)).toMatchObject(value);
  });

  it.for<readonly [Given, string]>([
    [{ namespaces: '' }, '--namespaces: "" names no namespace'],
    [{ namespaces: 'shop,Billing' }, '--namespaces: "shop,Billing" holds no name of a namespace: Billing'],
    [
      { namespaceSelector: 'team==' + 'x y' },
      '--namespace-selector: "team==x y" is no label selector; write it like team=shop,stage!=test or tier in (a,b)',
    ],
    [{ audiences: ',' }, '--audiences: "," names no audience'],
    [{ interval: '999ms' }, '--interval: "999ms" must be at least 1000ms; write it like 500ms, 30s, 5m or 1h30m'],
    [{ workers: '0' }, '--workers: "0" must be a whole number from 1 to 1000'],
    [{ leaderElect: 'no' }, '--leader-elect: "no" must be true or false'],
    [{ leaseNamespace: 'a/b' }, '--lease-namespace: "a/b" is no name of a namespace'],
    [
      { versionKeySecret: 'Key' },
      '--version-key-secret: "Key" is no name of an object; small letters, digits, - and . are allowed',
    ],
    ...[
      '',
      'a/b/c',
      'not ready',
      'x=y:NoSchedule',
      'lockstep.dev/x:NoSchedule',
      '/x',
      'lockstep.dev/',
      'a'.repeat(64),
    ].map(
      (startupTaint) =>
        [
          { startupTaint },
          `--startup-taint: "${startupTaint}" is no key of a taint; write it like example.com/not-ready, without value and effect`,
        ] as const,
    ),
    ...['node', 'node-role', 'node.cloudprovider'].map((owner) => {
      const startupTaint = `${owner}.kubernetes.io/x`;
      const why = 'is a taint that Kubernetes keeps itself; use one of your own, like example.com/not-ready';
      return [{ startupTaint }, `--startup-taint: "${startupTaint}" ${why}`] as const;
    }),
    [
      { providerSelector: 'a b' },
      '--provider-selector: "a b" is no label selector; write it like team=shop,stage!=test or tier in (a,b)',
    ],
    [
      { namespaces: 'shop', namespaceSelector: 'a=b' },
      '--namespace-selector: goes without --namespaces: set one of them',
    ],
  ])('refuses %j', ([given, message]) => {
    expect(refusals(given)).toEqual([message]);
  });

  it('reports the mistakes of flags, variables and stores together', () => {
    expect(refusals({ interval: 'often' }, { LOCKSTEP_WORKERS: 'all', VAULT_ADDR: 'vault' })).toHaveLength(3);
  });
});
