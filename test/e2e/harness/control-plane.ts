import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { moduleDir, serverDir } from '../../servers/build.ts';
import { ApiServer } from './api-server.ts';
import { applyCrds } from './apply-manifests.ts';
import { type Cluster, csiDriverName, KubeApi, type KubeObject } from './kube-api.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';
import { until } from './until.ts';

/** The node that every pod of the e2e is bound to. */
export const nodeName = 'n1';

/** The region of AWS that the node says it is in; the one of the parity vectors. */
export const nodeRegion = 'us-east-1';

export interface ControlPlane {
  readonly cluster: Cluster;
  readonly api: ApiServer;
  stop(): Promise<void>;
}

/**
 * etcd, kube-apiserver and kube-controller-manager on 127.0.0.1 in a new folder, with the CRDs of the CSI driver. Ready
 * when it resolves.
 */
export async function startControlPlane(runDir: string, name = 'kubernetes'): Promise<ControlPlane> {
  const dir = join(runDir, name);
  mkdirSync(dir);
  const { etcd, client } = await startEtcd(runDir, dir);
  const api = await ApiServer.start({ runDir, dir, etcd: client });
  const { cluster } = api;
  const kube = new KubeApi(cluster);
  await createBasics(kube);
  // Before the garbage collector starts: it looks for new kinds every 30 s only.
  await createDriverCrds(kube);
  await applyCrds(kube);
  await kube.close();
  const manager = await startControllerManager({ runDir, dir, cluster });
  const stop = async (): Promise<void> => {
    await manager.stop('SIGKILL');
    await api.kill();
    await etcd.stop('SIGKILL');
  };
  return { cluster, api, stop };
}

async function startEtcd(runDir: string, dir: string): Promise<{ etcd: ServerProcess; client: string }> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const etcd = new ServerProcess({
    runDir,
    command: join(serverDir('etcd'), 'server'),
    args: toFlags({
      'data-dir': join(dir, 'etcd'),
      'unsafe-no-fsync': true,
      'log-level': 'warn',
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
    }),
    log: join(dir, 'etcd.log'),
  });
  await etcd.ready(async () => (await fetch(`${client}/health`)).ok);
  return { etcd, client };
}

interface Place {
  readonly runDir: string;
  readonly dir: string;
}

async function startControllerManager(options: Place & { readonly cluster: Cluster }): Promise<ServerProcess> {
  const { runDir, dir, cluster } = options;
  const port = await freePort();
  const manager = new ServerProcess({
    runDir,
    command: join(serverDir('kubernetes'), 'kube-controller-manager'),
    args: toFlags({
      kubeconfig: cluster.kubeconfig,
      'service-account-private-key-file': join(dir, 'sa.key'),
      'root-ca-file': join(dir, 'apiserver.crt'),
      'leader-elect': false,
      'use-service-account-credentials': true,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      // No kubelet reports the node's health here.
      controllers: '*,-node-lifecycle-controller',
    }),
    log: join(dir, 'kube-controller-manager.log'),
  });
  const kube = new KubeApi(cluster);
  const rootCa = '/api/v1/namespaces/default/configmaps/kube-root-ca.crt';
  await manager.ready(async () => Boolean(await kube.call('GET', rootCa)));
  await kube.close();
  return manager;
}

async function createBasics(kube: KubeApi): Promise<void> {
  const labels = { 'topology.kubernetes.io/region': nodeRegion };
  await kube.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels } });
  // Drivers up to 1.5 mint the tokens of a rotation themselves, for these audiences; otherwise kubelet does, or the test.
  await kube.call('POST', '/apis/storage.k8s.io/v1/csidrivers', {
    metadata: { name: csiDriverName },
    spec: {
      attachRequired: false,
      podInfoOnMount: true,
      volumeLifecycleModes: ['Ephemeral'],
      tokenRequests: [{ audience: 'vault' }],
    },
  });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const name = 'lockstep-provider';
  await kube.call('POST', `${rbac}/clusterroles`, {
    metadata: { name },
    rules: [
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
      { apiGroups: [''], resources: ['serviceaccounts', 'nodes'], verbs: ['get'] },
    ],
  });
  await kube.call('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  });
}

async function createDriverCrds(kube: KubeApi): Promise<void> {
  const dir = join(moduleDir('csi-driver-1.6.0', 'sigs.k8s.io/secrets-store-csi-driver'), 'config/crd/bases');
  for (const file of readdirSync(dir)) {
    const crd = parse(readFileSync(join(dir, file), 'utf8')) as object;
    await kube.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  }
  const lists = ['secretproviderclasses', 'secretproviderclasspodstatuses'];
  for (const list of lists) {
    const path = `/apis/secrets-store.csi.x-k8s.io/v1/${list}`;
    const served = (): Promise<boolean> => kube.call<KubeObject>('GET', path).then(Boolean, () => false);
    await until(served, { what: `the API server to serve ${list}` });
  }
}
