import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { type Cluster, KubeApi } from './kube-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';

export interface ApiServerPlace {
  readonly runDir: string;
  /** Folder of its keys, tokens and logs. */
  readonly dir: string;
  /** Address of etcd. */
  readonly etcd: string;
}

/** A kube-apiserver on 127.0.0.1 that can be killed, and started again on the same port with the same keys and data. */
export class ApiServer {
  readonly cluster: Cluster;
  readonly #place: ApiServerPlace;
  readonly #port: number;
  #process: ServerProcess | undefined;

  private constructor(place: ApiServerPlace, port: number, tokens: Tokens) {
    const { dir } = place;
    this.#place = place;
    this.#port = port;
    this.cluster = {
      server: `https://127.0.0.1:${port}`,
      adminToken: tokens.admin,
      auditLog: join(dir, 'audit.log'),
      // It makes its certificate at its first start.
      get ca() {
        return readFileSync(join(dir, 'apiserver.crt'), 'utf8');
      },
      kubeconfig: join(dir, 'admin.kubeconfig'),
      providerKubeconfig: join(dir, 'provider.kubeconfig'),
    };
  }

  /** Ready when it resolves. */
  static async start(place: ApiServerPlace): Promise<ApiServer> {
    const tokens = { admin: randomBytes(16).toString('hex'), provider: randomBytes(16).toString('hex') };
    writeFiles(place.dir, tokens);
    const api = new ApiServer(place, await freePort(), tokens);
    await api.restart();
    const { server, ca, kubeconfig, providerKubeconfig } = api.cluster;
    writeKubeconfig(kubeconfig, { server, ca, token: tokens.admin });
    writeKubeconfig(providerKubeconfig, { server, ca, token: tokens.provider });
    return api;
  }

  /** Without a word to its clients. */
  async kill(): Promise<void> {
    await this.#process?.stop('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#process = this.#launch();
    await this.#process.ready(async () => {
      const kube = new KubeApi(this.cluster);
      try {
        return await kube.isReady();
      } finally {
        await kube.close();
      }
    });
  }

  #launch(): ServerProcess {
    const { runDir, dir, etcd } = this.#place;
    return new ServerProcess({
      runDir,
      command: join(serverDir('kubernetes'), 'kube-apiserver'),
      args: toFlags({
        'etcd-servers': etcd,
        'cert-dir': dir,
        'bind-address': '127.0.0.1',
        'secure-port': String(this.#port),
        'service-cluster-ip-range': '10.96.0.0/16',
        'service-account-key-file': join(dir, 'sa.pub'),
        'service-account-signing-key-file': join(dir, 'sa.key'),
        'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
        'token-auth-file': join(dir, 'tokens.csv'),
        'authorization-mode': 'RBAC,Node',
        'allow-privileged': true,
        'disable-admission-plugins': 'ServiceAccount',
        'audit-log-path': this.cluster.auditLog,
        'audit-policy-file': join(dir, 'audit-policy.yaml'),
      }),
      log: join(dir, 'kube-apiserver.log'),
    });
  }
}

interface Tokens {
  readonly admin: string;
  readonly provider: string;
}

function writeFiles(dir: string, { admin, provider }: Tokens): void {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(dir, 'sa.key'), keys.privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(dir, 'sa.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(
    join(dir, 'tokens.csv'),
    `${admin},admin,admin,system:masters\n${provider},lockstep-provider,lockstep-provider\n`,
  );
  writeFileSync(
    join(dir, 'audit-policy.yaml'),
    '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}',
  );
}
