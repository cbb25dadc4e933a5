import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import { formatProblem, type Parsed } from '../core/problem.ts';
import type { StoreDefaults, VaultDefaults } from '../core/store-defaults.ts';
import type { ClassPlan } from './class-dialect.ts';
import { createVaultDialect } from './vault-dialect.ts';
import { openbaoFlavour, vaultFlavour } from './vault-parameters.ts';

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault: VaultDefaults = { address: 'https://vault:8200', namespace: 'own', authMount: 'kubernetes', tls };
const openbao: VaultDefaults = { ...vault, address: 'https://bao:8200' };
const defaults: StoreDefaults = { vault, openbao, aws: awsDefaults };
const objects =
  '- objectName: a\n  secretPath: kv/a\n  secretKey: k\n- objectName: b\n  secretPath: kv/b\n  filePermission: 0600\n';

type Parameters = Readonly<Record<string, string>>;

function parse(parameters: Parameters, flavour = vaultFlavour): Parsed<ClassPlan> {
  const all = new Map(Object.entries({ roleName: 'app', objects, ...parameters }));
  return createVaultDialect(flavour).parse(all, { defaults, defaultMode: 0o640 });
}

function plan(parameters: Parameters): ClassPlan {
  const parsed = parse(parameters);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

function problems(parameters: Parameters): readonly string[] {
  const parsed = parse(parameters);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('a plan', () => {
  it('holds the objects in their order and what the daemon says where the manifest says nothing', () => {
    const { freshness, objects: planned } = plan({});
    expect(freshness).toEqual({ staleOnFirstMount: false });
    expect(planned.map(({ path, mode, select }) => ({ path, mode, select }))).toEqual([
      { path: 'a', mode: 0o640, select: { kind: 'key', key: 'k' } },
      { path: 'b', mode: 0o600, select: { kind: 'response' } },
    ]);
    expect(planned[0]?.ref).toEqual({
      kind: 'vault',
      request: { method: 'GET', path: '/v1/kv/a', query: '' },
      store: {
        address: 'https://vault:8200',
        namespace: 'own',
        tls,
        auth: { method: 'service-account', mount: 'kubernetes', role: 'app', audience: 'vault', requestAudience: '' },
      },
    });
  });

  it('ignores parameters it does not know', () => {
    expect(plan({ VaultAddress: 'http://other', vaultCAPem: 'x', ['__proto__']: 'x', constructor: 'x' })).toEqual(
      plan({}),
    );
  });

  it('has the arguments as body, and says why they cannot be sent', () => {
    const [first, second] = plan({
      objects:
        '- {objectName: a, secretPath: p, method: PUT, secretArgs: {b: 1}}\n- {objectName: b, secretPath: p, secretArgs: {m: {1: 2}}}\n',
    }).objects;
    expect(first?.ref.request).toEqual({ method: 'PUT', path: '/v1/p', query: '', body: '{"b":1}' });
    expect(second?.ref.request).toEqual({
      method: 'GET',
      path: '/v1/p',
      query: '',
      unsendable: expect.stringContaining('quotes'),
    });
  });

  it('names every problem of parameters and objects at once', () => {
    expect(
      problems({
        roleName: '',
        vaultAddress: 'vault:8200',
        vaultSkipTLSVerify: '',
        vaultTLSClientCertPath: '/c',
        vaultNamespace: 'a\nX-Vault-Token: b',
        refreshInterval: '-1s',
        staleIfError: '1 hour',
        staleOnFirstMount: 'yes',
        objects: '- objectName: a\n  secretPath: ../sys\n',
      }),
    ).toEqual([
      'parameters.vaultNamespace: holds a control character; remove it',
      expect.stringMatching(/^parameters\.vaultAddress: must be https:/),
      'parameters.vaultTLSClientCertPath: goes with vaultTLSClientKeyPath; set both or neither',
      'parameters.vaultSkipTLSVerify: must be "true" or "false"',
      'parameters.roleName: is missing; name the role of the auth mount "kubernetes"',
      'parameters.refreshInterval: must be a duration such as 30s, 1h30m or 0s',
      'parameters.staleIfError: must be a duration such as 30s, 1h30m or 0s',
      'parameters.staleOnFirstMount: must be "true" or "false"',
      expect.stringMatching(/^objects\[0\]\.secretPath line 2: /),
    ]);
  });

  it('never throws, whatever the parameters say', () => {
    const name = fc.constantFrom(
      'vaultAddress',
      'vaultAuthMountPath',
      'vaultAuthMethod',
      'refreshInterval',
      'vaultSkipTLSVerify',
      'objects',
      'baoRoleName',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('approle', 'jwt', objects, 'https://x', '../..'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.constantFrom(vaultFlavour, openbaoFlavour), (parameters, flavour) => {
        const parsed = parse(parameters, flavour);
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
    );
  });
});

describe('freshness', () => {
  it('takes Go durations and booleans, and nothing for the daemon to decide', () => {
    expect(plan({ refreshInterval: '1m30s', staleIfError: '0s', staleOnFirstMount: 'T' }).freshness).toEqual({
      refreshIntervalMs: 90_000,
      staleIfErrorMs: 0,
      staleOnFirstMount: true,
    });
    expect(plan({ refreshInterval: '', staleOnFirstMount: '' }).freshness).toEqual({ staleOnFirstMount: false });
  });
});
