import pMap from 'p-map';

import type { KubeApi } from '../test/e2e/harness/kube-api.ts';
import { oneObject, oneSecret, Tenant } from '../test/e2e/harness/tenant.ts';
import type { VaultApi } from '../test/e2e/harness/vault-api.ts';

export interface LoadOptions {
  readonly kube: KubeApi;
  readonly vault: VaultApi;
}

/** A sync, its class and its Secret, all of one name. */
interface Pair {
  readonly tenant: Tenant;
  readonly name: string;
  /** Which secret of the store the class names now. */
  path: string;
}

const namespaceCount = 30;
const syncCount = 300;
const secretCount = 50;
const rotatedAtOnce = 10;

/** 300 syncs of 50 secrets in 30 namespaces, what changes about them, and what their Secrets have to hold. */
export class SoakLoad {
  readonly #options: LoadOptions;
  readonly #tenants: readonly Tenant[];
  readonly #pairs: Pair[];
  readonly #values = new Map<string, string>();
  #extra: Pair | undefined;
  #round = 0;

  private constructor(options: LoadOptions) {
    const { kube, vault } = options;
    this.#options = options;
    this.#tenants = Array.from(
      { length: namespaceCount },
      (_, n) => new Tenant(`soak-${n}`, kube, { roleName: 'app', vaultAddress: vault.address }),
    );
    this.#pairs = Array.from({ length: syncCount }, (_, n) => this.#pair(`sync-${n}`, n, pathAt(n)));
  }

  /** Everything stands there when it resolves; no controller is needed. */
  static async start(options: LoadOptions): Promise<SoakLoad> {
    const load = new SoakLoad(options);
    // Tokens that end soon, so that renewals and logins are part of the soak.
    await options.vault.putRole('app', { token_ttl: '2m', token_max_ttl: '5m' });
    await load.#rotate(Array.from({ length: secretCount }, (_, n) => pathAt(n)));
    for (const { namespace } of load.#tenants) await options.kube.createNamespace(namespace, ['app']);
    await pMap(load.#pairs, ({ tenant, name, path }) => tenant.putPair(name, path), { concurrency: 8 });
    return load;
  }

  /** What it consists of, for the report. */
  get description(): string {
    return `${syncCount} SecretProviderClassSyncs in ${namespaceCount} namespaces, ${secretCount} secrets in one Vault`;
  }

  /** How many syncs there are now. */
  get size(): number {
    return this.#all.length;
  }

  /**
   * One round: a fifth of the secrets gets new values, one class another secret, one Secret is edited and one deleted by
   * somebody else, one sync is made and that of the round before deleted. Answers how many Secrets have to be written.
   */
  async change(): Promise<number> {
    const round = ++this.#round;
    const rotated = new Set(Array.from({ length: rotatedAtOnce }, (_, n) => pathAt(round * rotatedAtOnce + n)));
    const others = this.#pairs.filter(({ path }) => !rotated.has(path));
    const [moved, edited, deleted] = [0, 1, 2].map((n) => others[(round * 7 + n) % others.length]);
    if (!moved || !edited || !deleted) throw new Error('all secrets are rotated at once');
    await this.#rotate([...rotated]);
    await this.#move(moved, pathAt((round + 2) * rotatedAtOnce));
    await edited.tenant.patchSecret(edited.name, { stringData: { a: 'of somebody else' } });
    await this.#options.kube.remove(deleted.tenant.secretPath(deleted.name));
    await this.#replaceExtra(round);
    return this.#pairs.filter(({ path }) => rotated.has(path)).length + 4;
  }

  /** `namespace/name` of the Secrets that are missing or hold another value than the last. Rejects while the API server is out. */
  async behind(): Promise<readonly string[]> {
    const found = await this.#readSecrets();
    return this.#all.filter((pair) => found.get(keyOf(pair)) !== this.#encoded(pair)).map(keyOf);
  }

  /** `namespace/name` of the Secrets whose sync is gone. */
  async strays(): Promise<readonly string[]> {
    const wanted = new Set(this.#all.map(keyOf));
    return [...(await this.#readSecrets()).keys()].filter((key) => !wanted.has(key));
  }

  get #all(): readonly Pair[] {
    return this.#extra ? [...this.#pairs, this.#extra] : this.#pairs;
  }

  /** The key `a` of every Secret that carries our label, encoded, by `namespace/name`. */
  async #readSecrets(): Promise<ReadonlyMap<string, string | undefined>> {
    const path = '/api/v1/secrets?labelSelector=lockstep.dev%2Fmanaged%3Dtrue';
    const { items } = await this.#options.kube.call<SecretList>('GET', path);
    const isOurs = ({ metadata }: SecretList['items'][number]): boolean => metadata.namespace.startsWith('soak-');
    return new Map(
      items.filter(isOurs).map(({ metadata, data }) => [`${metadata.namespace}/${metadata.name}`, data?.['a']]),
    );
  }

  #encoded({ path }: Pair): string {
    return Buffer.from(this.#values.get(path) ?? '').toString('base64');
  }

  #pair(name: string, n: number, path: string): Pair {
    const tenant = this.#tenants[n % namespaceCount];
    if (tenant === undefined) throw new Error('no namespace');
    return { tenant, name, path };
  }

  async #rotate(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const value = `${path} of round ${this.#round}`;
      await this.#options.vault.putSecret(path, { value });
      this.#values.set(path, value);
    }
  }

  async #move(pair: Pair, path: string): Promise<void> {
    pair.path = path === pair.path ? pathAt(numberOf(path) + 1) : path;
    const { tenant, name } = pair;
    await tenant.putClass(name, { objects: oneObject(pair.path), secretObjects: oneSecret(name) });
  }

  /** The garbage collector deletes the Secret of the one that goes. */
  async #replaceExtra(round: number): Promise<void> {
    if (this.#extra) {
      const { tenant, name } = this.#extra;
      await this.#options.kube.remove(tenant.syncPath(name));
      await this.#options.kube.remove(tenant.classPath(name));
    }
    this.#extra = this.#pair(`extra-${round}`, round, pathAt(round));
    await this.#extra.tenant.putPair(this.#extra.name, this.#extra.path, { deletionPolicy: 'Delete' });
  }
}

interface SecretList {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly data?: Readonly<Record<string, string>>;
  }[];
}

function keyOf({ tenant, name }: Pair): string {
  return `${tenant.namespace}/${name}`;
}

/** Neighbours of a namespace have different ones. */
function pathAt(n: number): string {
  return `soak-${n % secretCount}`;
}

function numberOf(path: string): number {
  return Number(path.slice('soak-'.length));
}
