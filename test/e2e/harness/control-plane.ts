import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { moduleDir, serverDir } from '../../servers/build.ts';
import { type Cluster, csiDriverName, KubeApi, type KubeObject } from './kube-api.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';
import { until } from './until.ts';

/** The node that every pod of the e2e is bound to. */
export const nodeName = 'n1';

/** The region of AWS that the node says it is in; the one of the parity vectors. */
export const nodeRegion = 'us-east-1';

/** etcd, kube-apiserver and kube-controller-manager on 127.0.0.1, with the CRDs of the CSI driver. Ready when it resolves. */
export async function startControlPlane(runDir: string): Promise<Cluster> {
  const dir = join(runDir, 'kubernetes');
  mkdirSync(dir);
  const etcd = await startEtcd(runDir, dir);
  const cluster = await startApiServer({ runDir, dir, etcd });
  await startControllerManager({ runDir, dir, cluster });
  const kube = new KubeApi(cluster);
  await createBasics(kube);
  await createDriverCrds(kube);
  await kube.close();
  return cluster;
}

async function startEtcd(runDir: string, dir: string): Promise<string> {
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
  return client;
}

interface Place {
  readonly runDir: string;
  readonly dir: string;
}

async function startApiServer({ runDir, dir, etcd }: Place & { readonly etcd: string }): Promise<Cluster> {
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  const adminToken = randomBytes(16).toString('hex');
  const providerToken = randomBytes(16).toString('hex');
  const auditLog = join(dir, 'audit.log');
  writeServiceAccountKeys(dir);
  writeFileSync(
    join(dir, 'tokens.csv'),
    `${adminToken},admin,admin,system:masters\n${providerToken},lockstep-provider,lockstep-provider\n`,
  );
  writeFileSync(
    join(dir, 'audit-policy.yaml'),
    '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}',
  );
  const api = new ServerProcess({
    runDir,
    command: join(serverDir('kubernetes'), 'kube-apiserver'),
    args: toFlags({
      'etcd-servers': etcd,
      'cert-dir': dir,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'service-cluster-ip-range': '10.96.0.0/16',
      'service-account-key-file': join(dir, 'sa.pub'),
      'service-account-signing-key-file': join(dir, 'sa.key'),
      'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
      'token-auth-file': join(dir, 'tokens.csv'),
      'authorization-mode': 'RBAC,Node',
      'allow-privileged': true,
      'disable-admission-plugins': 'ServiceAccount',
      'audit-log-path': auditLog,
      'audit-policy-file': join(dir, 'audit-policy.yaml'),
    }),
    log: join(dir, 'kube-apiserver.log'),
  });
  const cluster = (): Cluster => ({
    server,
    adminToken,
    auditLog,
    ca: readFileSync(join(dir, 'apiserver.crt'), 'utf8'),
    kubeconfig: join(dir, 'admin.kubeconfig'),
    providerKubeconfig: join(dir, 'provider.kubeconfig'),
  });
  await api.ready(async () => {
    const kube = new KubeApi(cluster());
    const ready = await kube.isReady();
    await kube.close();
    return ready;
  });
  writeKubeconfig(cluster(), cluster().kubeconfig, adminToken);
  writeKubeconfig(cluster(), cluster().providerKubeconfig, providerToken);
  return cluster();
}

function writeServiceAccountKeys(dir: string): void {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(dir, 'sa.key'), keys.privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(dir, 'sa.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
}

/** JSON is YAML. */
function writeKubeconfig(cluster: Cluster, path: string, token: string): void {
  const ca = Buffer.from(cluster.ca).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster: { server: cluster.server, 'certificate-authority-data': ca } }],
    users: [{ name: 'e2e', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
    'current-context': 'e2e',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
}

async function startControllerManager(options: Place & { readonly cluster: Cluster }): Promise<void> {
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
