import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { renderManifests } from '../../scripts/render-manifests.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { chartDir, helm, readRendered, renderChart, tryRender } from './harness/helm.ts';
import type { KubeObject } from './harness/kube-api.ts';
import { kubectl } from './harness/kubectl.ts';

const root = join(import.meta.dirname, '../..');
const namespace = 'chart';
const monitoring = ['serviceMonitor.enabled=true', 'prometheusRule.enabled=true', 'grafanaDashboard.enabled=true'];
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Every value that makes a difference, in some row. */
const matrix = {
  'the defaults': [],
  'the controller alone': ['provider.enabled=false', 'controller.enabled=true'],
  'the controller for some namespaces': ['controller.enabled=true', `controller.namespaces={${namespace},default}`],
  'the controller for labelled namespaces': ['controller.enabled=true', 'controller.namespaceSelector=team in (a\\,b)'],
  'rollouts of some namespaces, and pins': [
    'controller.enabled=true',
    `controller.namespaces={${namespace}}`,
    'rollouts.enabled=true',
    'rollouts.maxConcurrent=3',
    'admission.pin=true',
  ],
  'nodes that start with a taint': [
    'controller.enabled=true',
    'controller.startupTaint=lockstep.dev/provider-not-ready',
  ],
  'a provider beside others': [
    'provider.providers={lockstep-vault,lockstep}',
    'provider.takeover=true',
    'provider.tokenRequestFallback=true',
    'provider.priorityQuota=true',
    'provider.removeSockets=false',
    'provider.extraArgs={--max-mounts=8}',
    'provider.extraEnv[0].name=HTTPS_PROXY,provider.extraEnv[0].value=http://proxy.example:3128',
    'provider.extraVolumes[0].name=ca,provider.extraVolumes[0].configMap.name=ca',
    'provider.extraVolumeMounts[0].name=ca,provider.extraVolumeMounts[0].mountPath=/etc/ca',
    'aws.region=eu-north-1',
    'vault.address=https://vault.example:8200',
  ],
  'everything that somebody brings along': [
    ...monitoring,
    'controller.enabled=true',
    'networkPolicy.enabled=true',
    'networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring',
    'networkPolicy.egress[0].ports[0].port=8200',
    'versionKey.create=false',
    'crds.keep=false',
    'provider.serviceAccount.name=mine',
    'controller.serviceAccount.name=mine',
    'imagePullSecrets[0].name=pull',
    `image.digest=sha256:${'0'.repeat(64)}`,
    'commonLabels.team=platform,podLabels.a=b,podAnnotations.c=d',
    'controller.tolerations[0].operator=Exists',
    'controller.startupTaint=on',
    'controller.priorityClassName=system-cluster-critical',
    'fullnameOverride=secrets',
    'nameOverride=other',
  ],
} as const;

/** A mistake, and what helm says about it. */
const mistakes = [
  ['provider.provider={vault}', "at '/provider': additional properties 'provider' not allowed"],
  ['provider.providers={valt}', "at '/provider/providers/0': value must be one of 'vault', 'openbao', 'aws'"],
  ['controller.enabled=yes', "at '/controller/enabled': got string, want boolean"],
  ['controller.namespaces=shop', "at '/controller/namespaces': got string, want array"],
  ['controller.namespaces={Shop}', "at '/controller/namespaces/0': 'Shop' does not match pattern"],
  ["controller.audiences={it's}", "at '/controller/audiences/0'"],
  ['controller.replicas=0', "at '/controller/replicas': minimum: got 0, want 1"],
  ['controller.extraArgs={takeover}', "at '/controller/extraArgs/0': 'takeover' does not match pattern"],
  ['vault.address=vault:8200', "at '/vault/address': 'vault:8200' does not match pattern"],
  ['rollouts.enabled=true', 'rollouts.enabled needs controller.enabled: the controller rolls workloads out'],
  ['controller.startupTaint=a:NoSchedule', "at '/controller/startupTaint': 'a:NoSchedule' does not match pattern"],
  ['controller.startupTaint=a', 'controller.startupTaint needs controller.enabled: the controller removes the taint'],
  [
    'controller.startupTaint=a,controller.enabled=true,provider.enabled=false',
    'controller.startupTaint needs provider.enabled: the taint goes once the provider of this release is ready',
  ],
  [
    'controller.startupTaint=node.kubernetes.io/not-ready,controller.enabled=true',
    'controller.startupTaint must not be node.kubernetes.io/not-ready, which Kubernetes keeps itself',
  ],
  ['controller.namespaces={a},controller.namespaceSelector=a', 'controller.namespaceSelector goes without'],
] as const;

apiE2e('The chart', namespace, (stand) => {
  const file = (): string => join(dirname(stand().cluster.kubeconfig), 'rendered.yaml');
  beforeAll(async () => {
    for (const plural of foreign) await stand().kube.call('POST', definitions, toDefinition(plural));
  });
  afterAll(async () => {
    for (const { metadata } of foreign.map(toDefinition)) await stand().kube.remove(`${definitions}/${metadata.name}`);
  });

  it('has nothing for helm lint to say', async () => {
    const { code, output } = await helm(undefined, 'lint', '--strict', chartDir);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.not.stringMatching(/WARNING|ERROR/) });
  });

  it('is what the plain manifests say: node scripts/render-manifests.ts', () => {
    const rendered = renderManifests();
    expect(rendered.size).toBe(4);
    for (const [path, text] of rendered) expect([path, readFileSync(join(root, path), 'utf8')]).toEqual([path, text]);
  });

  it.for(Object.entries(matrix))('is taken by the API server: %s', async ([, values]) => {
    writeFileSync(file(), await renderChart({ namespace, values }));
    const { code, output } = await kubectl(
      stand().cluster.kubeconfig,
      'apply',
      '--server-side',
      '--force-conflicts',
      '--dry-run=server',
      '--validate=strict',
      `--filename=${file()}`,
    );
    expect({ code, output }).toEqual({ code: 0, output: expect.not.stringMatching(/warning|error/i) });
  });

  it.for(mistakes)('refuses %s by saying %s', async ([value, message]) => {
    const { code, output } = await tryRender({ namespace, values: [value] });
    expect(code).not.toBe(0);
    expect(output).toContain(message);
  });

  it('has a switch for everything', async () => {
    const values = ['provider.enabled=false', 'crds.install=false', 'admission.policies=false'];
    expect(readRendered(await renderChart({ namespace, values }))).toEqual([]);
  });

  it('refuses pins where the API server cannot mutate', async () => {
    const { output } = await tryRender({ namespace, values: ['admission.pin=true'], kubernetes: '1.35.2' });
    expect(output).toContain('admission.pin needs Kubernetes 1.36 (MutatingAdmissionPolicy), and this is v1.35.2');
  });

  describe('gives no more than its features need:', () => {
    it.for([
      ['the defaults', ['ClusterRoleBinding lockstep-provider']],
      ['the controller alone', ['ClusterRoleBinding lockstep-controller', 'RoleBinding lockstep-controller-own']],
      [
        'the controller for some namespaces',
        [
          'ClusterRoleBinding lockstep-provider',
          'RoleBinding chart/lockstep-controller',
          'RoleBinding default/lockstep-controller',
          'RoleBinding lockstep-controller-own',
        ],
      ],
      [
        'rollouts of some namespaces, and pins',
        [
          'ClusterRoleBinding lockstep-provider',
          'ClusterRoleBinding lockstep-rollouts-cluster',
          'RoleBinding chart/lockstep-controller',
          'RoleBinding chart/lockstep-rollouts',
          'RoleBinding lockstep-controller-own',
        ],
      ],
      [
        'nodes that start with a taint',
        [
          'ClusterRoleBinding lockstep-controller',
          'ClusterRoleBinding lockstep-controller-nodes',
          'ClusterRoleBinding lockstep-provider',
          'RoleBinding lockstep-controller-own',
        ],
      ],
      ['a provider beside others', ['ClusterRoleBinding lockstep-provider']],
    ] as const)('%s', async ([row, bindings]) => {
      const objects = readRendered(await renderChart({ namespace: 'elsewhere', values: matrix[row] }));
      const bound = objects.filter(isBinding).filter(({ metadata }) => metadata.annotations === undefined);
      expect(bound.map(describeBinding).toSorted()).toEqual(bindings.map(String).toSorted());
      const rules = JSON.stringify(objects.filter(({ kind }) => kind.endsWith('Role')));
      expect(rules.includes('deployments')).toBe(row.startsWith('rollouts'));
      expect(rules.includes('serviceaccounts/token')).toBe(row !== 'the defaults');
    });
  });

  it('brings the dashboard and the alerts, with runbooks where they are published', async () => {
    const values = [...monitoring, 'prometheusRule.runbooks=https://git.example/lockstep/'];
    const objects = readRendered(await renderChart({ namespace, values }));
    const dashboard = objects.find(({ kind }) => kind === 'ConfigMap') as { data?: { 'lockstep.json': string } };
    const file = (name: string): string => readFileSync(join(chartDir, 'files/observability', name), 'utf8');
    expect(JSON.parse(dashboard.data?.['lockstep.json'] ?? '')).toEqual(JSON.parse(file('dashboard.json')));
    const rules = JSON.stringify(objects.find(({ kind }) => kind === 'PrometheusRule')?.['spec']);
    const published = rules.replaceAll('https://git.example/lockstep/docs/runbooks/', 'docs/runbooks/');
    expect(JSON.parse(published)).toEqual(parse(file('alerts.yaml')));
    expect(published).not.toBe(rules);
  });

  it('puts the account and the audiences of an installation into its policy', async () => {
    const values = ['controller.enabled=true', 'controller.audiences={https://vault.example,sts.amazonaws.com}'];
    const objects = readRendered(await renderChart({ namespace: 'security', release: 'secrets', values }));
    const policy = JSON.stringify(
      objects.find(({ kind, metadata }) => kind.endsWith('Policy') && metadata.name === 'lockstep-token-requests'),
    );
    expect(policy).toContain("'system:serviceaccount:security:secrets-lockstep-controller'");
    expect(policy).toContain("['https://vault.example', 'sts.amazonaws.com']");
    expect(JSON.stringify(objects)).toContain('"--audiences=https://vault.example,sts.amazonaws.com"');
    expect(JSON.stringify(objects)).not.toContain('lockstep-system');
  });
});

/** Kinds of the Prometheus operator, as far as a dry run needs them. */
const foreign = ['servicemonitors', 'prometheusrules'];

function toDefinition(plural: string) {
  const kind = plural === 'servicemonitors' ? 'ServiceMonitor' : 'PrometheusRule';
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

function isBinding({ kind }: KubeObject): boolean {
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
}

function describeBinding({ kind, metadata: { namespace: place, name } }: KubeObject): string {
  return `${kind} ${place === undefined || place === 'elsewhere' ? '' : `${place}/`}${name}`;
}
