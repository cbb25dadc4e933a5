import { dirname, join } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

import { apiE2e } from './harness/api-e2e.ts';
import { nodeName } from './harness/control-plane.ts';
import { chartDir, copyChart, helm } from './harness/helm.ts';
import type { KubeObject } from './harness/kube-api.ts';
import { PlayedKubelet } from './harness/played-kubelet.ts';

const namespace = 'chart-install';
/** Not `lockstep`: the stand has roles of that name. */
const release = 'installed';
const secret = `/api/v1/namespaces/${namespace}/secrets/lockstep-version-key`;
const daemonSets = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretproviderclasssyncs.lockstep.dev';
const ownObjects = [
  `${daemonSets}?labelSelector=app.kubernetes.io/instance%3D${release}`,
  `/apis/batch/v1/namespaces/${namespace}/jobs`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`,
  `/apis/rbac.authorization.k8s.io/v1/clusterroles?labelSelector=app.kubernetes.io/instance%3D${release}`,
  `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?labelSelector=app.kubernetes.io/instance%3D${release}`,
];

apiE2e('Helm', namespace, (stand) => {
  let kubelet: PlayedKubelet;
  const chart = (): string => join(dirname(stand().cluster.kubeconfig), namespace);
  beforeAll(async () => {
    const dir = chart();
    copyChart(chartDir, dir);
    kubelet = new PlayedKubelet(stand(), namespace, dir);
    // As kubelet labels it: DaemonSets look for it.
    await stand().kube.call('PATCH', `/api/v1/nodes/${nodeName}`, {
      metadata: { labels: { 'kubernetes.io/os': 'linux' } },
    });
  });
  const run = async (command: string, ...args: readonly string[]): Promise<string> => {
    const own = [`--namespace=${namespace}`, '--timeout=90s'];
    const { code, output } = await helm(stand().cluster.kubeconfig, command, release, ...args, ...own);
    if (code !== 0) throw new Error(output);
    return output;
  };
  const readKey = async (): Promise<unknown> =>
    (await stand().kube.find<KubeObject & { data: { key: string } }>(secret))?.data.key;

  it('installs, with a version key that the Job of a hook makes', async () => {
    // The test API server has the CRD already.
    const installing = run('install', chart(), '--take-ownership');
    const [output, made] = await Promise.all([installing, kubelet.runJob('installed-lockstep-version-key')]);

    expect(made).toEqual({ code: 0, output: `the version key is in Secret ${namespace}/lockstep-version-key\n` });
    expect(output).toContain('STATUS: deployed');
    expect(await readKey()).toMatch(/^[\w+/]{43}=$/);
  });

  it('upgrades, and the key stays', async () => {
    const key = await readKey();
    const upgrading = run('upgrade', chart(), '--set=controller.enabled=true');
    const [output, { code }] = await Promise.all([upgrading, kubelet.runJob('installed-lockstep-version-key')]);

    expect(code).toBe(0);
    expect(output).toContain('REVISION: 2');
    expect(await readKey()).toBe(key);
  });

  it('uninstalls when the sockets are removed on every node, and leaves the CRD and the key', async () => {
    const key = await readKey();
    const [output, waited, nodes] = await Promise.all([
      run('uninstall'),
      kubelet.runJob('installed-lockstep-remove-sockets'),
      kubelet.readyDaemonSet('app.kubernetes.io/component=remove-sockets'),
    ]);

    expect(nodes).toBe(1);
    expect(waited).toEqual({ code: 0, output: expect.stringMatching(/^((all|1) nodes to go\n)*$/) });
    expect(output).toContain('uninstalled');
    for (const path of ownObjects) {
      expect([path, await stand().kube.call('GET', path)]).toMatchObject([path, { items: [] }]);
    }
    expect(await stand().kube.find(crd)).toBeDefined();
    expect(await readKey()).toBe(key);
  });
});
