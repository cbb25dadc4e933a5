import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import type { Cluster } from './kube-api.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';
import { VaultApi } from './vault-api.ts';

export interface VaultPlace {
  readonly runDir: string;
  /** Folder of this Vault alone; made here. */
  readonly dir: string;
}

/** A development Vault on plain HTTP, with Kubernetes auth against the cluster. Loses its data when it ends. */
export async function startDevVault({ runDir, dir }: VaultPlace, cluster: Cluster): Promise<VaultApi> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const token = `root-${randomBytes(12).toString('hex')}`;
  const server = new ServerProcess({
    runDir,
    command: join(serverDir('vault'), 'vault'),
    args: [
      'server',
      ...toFlags({
        dev: true,
        'dev-root-token-id': token,
        'dev-listen-address': `127.0.0.1:${port}`,
        'dev-no-store-token': true,
        'dev-plugin-dir': pluginDir(dir),
        'log-level': 'warn',
      }),
    ],
    env: { HOME: dir },
    log: join(dir, 'vault.log'),
  });
  const vault = new VaultApi(address, token);
  await server.ready(() => vault.isActive());
  await vault.enableKubernetesAuth(cluster);
  return vault;
}

/** A Vault that keeps its data: one node of raft storage, unsealed by us, on TLS where a certificate is given. */
export class RaftVault {
  readonly address: string;
  readonly #place: VaultPlace;
  readonly #port: number;
  readonly #tls: TlsFiles | undefined;
  #server: ServerProcess | undefined;
  #unsealKey = '';
  #api: VaultApi;

  private constructor(place: VaultPlace, port: number, tls: TlsFiles | undefined) {
    this.#place = place;
    this.#port = port;
    this.#tls = tls;
    this.address = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
    this.#api = new VaultApi(this.address, '', tls);
  }

  static async start(place: VaultPlace, cluster: Cluster, tls?: TlsFiles): Promise<RaftVault> {
    const vault = new RaftVault(place, await freePort(), tls);
    vault.#writeConfig(await freePort());
    await vault.#launch();
    await vault.#initialize();
    await vault.#registerPlugin();
    await vault.api.enableKubernetesAuth(cluster);
    await vault.api.call('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
    return vault;
  }

  get api(): VaultApi {
    return this.#api;
  }

  async stop(): Promise<void> {
    await this.#server?.stop('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#launch();
    await this.#unseal();
  }

  #writeConfig(clusterPort: number): void {
    const { dir } = this.#place;
    mkdirSync(join(dir, 'raft'), { recursive: true });
    const tls = this.#tls
      ? { tls_cert_file: this.#tls.certificate, tls_key_file: this.#tls.key }
      : { tls_disable: true };
    const config = {
      // 1: fail over as fast as raft can; the only node waits for nobody.
      storage: { raft: { path: join(dir, 'raft'), node_id: 'one', performance_multiplier: '1' } },
      listener: {
        tcp: { address: `127.0.0.1:${this.#port}`, cluster_address: `127.0.0.1:${clusterPort}`, ...tls },
      },
      api_addr: this.address,
      cluster_addr: `https://127.0.0.1:${clusterPort}`,
      disable_mlock: true,
      plugin_directory: pluginDir(dir),
    };
    writeFileSync(join(dir, 'vault.json'), JSON.stringify(config));
  }

  async #launch(): Promise<void> {
    const { runDir, dir } = this.#place;
    this.#server = new ServerProcess({
      runDir,
      command: join(serverDir('vault'), 'vault'),
      args: ['server', '-log-level=warn', `-config=${join(dir, 'vault.json')}`],
      env: { HOME: dir },
      log: join(dir, 'vault.log'),
    });
    await this.#server.ready(() => this.#api.answers());
  }

  async #initialize(): Promise<void> {
    const keys = await this.#api.call<{ keys_base64: string[]; root_token: string }>('PUT', 'sys/init', {
      secret_shares: 1,
      secret_threshold: 1,
    });
    this.#unsealKey = keys.keys_base64[0] ?? '';
    this.#api = new VaultApi(this.address, keys.root_token, this.#tls);
    await this.#unseal();
  }

  async #unseal(): Promise<void> {
    await this.#api.call('PUT', 'sys/unseal', { key: this.#unsealKey });
    await this.#server?.ready(() => this.#api.isActive());
  }

  async #registerPlugin(): Promise<void> {
    const binary = readFileSync(join(pluginDir(this.#place.dir), 'kubernetes'));
    const sha256 = createHash('sha256').update(binary).digest('hex');
    await this.#api.call('PUT', 'sys/plugins/catalog/auth/kubernetes', { sha256, command: 'kubernetes' });
  }
}

/** PEM files of a listener, and the certificate that signed them. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** Vault follows no link out of its plug-in folder, so the binary is copied. */
function pluginDir(dir: string): string {
  const plugins = join(dir, 'plugins');
  mkdirSync(plugins, { recursive: true });
  copyFileSync(join(serverDir('vault-kubernetes'), 'vault-plugin-auth-kubernetes'), join(plugins, 'kubernetes'));
  return plugins;
}
