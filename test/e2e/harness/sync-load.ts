import type { ControllerStand } from './controller-stand.ts';
import type { Controller } from './controller.ts';
import type { FrontRecord } from './kube-front.ts';
import type { Tenant } from './tenant.ts';
import type { SyncOptions } from './tenant-objects.ts';
import { until } from './until.ts';

export interface SyncLoadOptions {
  /** Where the syncs are; the main namespace unless said otherwise. */
  readonly tenant?: Tenant;
  /** How many syncs; 40 unless said otherwise. */
  readonly size?: number;
  /** Of each of them. */
  readonly spec?: SyncOptions;
  /** Of the replicas; an interval of one second unless said otherwise. */
  readonly flags?: readonly string[];
}

/** Distinct secrets, each kept by several syncs. */
const paths = ['load-0', 'load-1', 'load-2', 'load-3', 'load-4'] as const;
type Path = (typeof paths)[number];

/** Many syncs, and a replica that keeps them. */
export class SyncLoad {
  readonly #stand: ControllerStand;
  readonly #tenant: Tenant;
  readonly #spec: SyncOptions;
  readonly #flags: readonly string[];
  /** Paths of the secrets by name of the sync. */
  readonly #paths: Map<string, Path>;
  /** All that they have had, by path. */
  readonly #values = new Map<Path, string[]>(paths.map((path) => [path, []]));
  readonly #controllers: Controller[] = [];

  constructor(stand: ControllerStand, options: SyncLoadOptions = {}) {
    const { tenant = stand.tenant, size = 40, spec = {}, flags = ['--interval=1s'] } = options;
    this.#stand = stand;
    this.#tenant = tenant;
    this.#spec = spec;
    this.#flags = flags;
    this.#paths = new Map(Array.from({ length: size }, (_, index) => [`load-${index}`, toPath(index)]));
  }

  /** All are in sync when it resolves. */
  static async start(stand: ControllerStand, options?: SyncLoadOptions): Promise<SyncLoad> {
    const load = new SyncLoad(stand, options);
    await load.startController();
    await load.put();
    await load.ready();
    return load;
  }

  /** The replica that was started last. */
  get controller(): Controller {
    const last = this.#controllers.at(-1);
    if (last === undefined) throw new Error('no controller');
    return last;
  }

  /** Another replica, ready; with further flags. */
  async startController(...flags: readonly string[]): Promise<Controller> {
    const controller = await this.launchController(...flags);
    await controller.started();
    return controller;
  }

  /** The same, without waiting until it is ready. */
  async launchController(...flags: readonly string[]): Promise<Controller> {
    const controller = await this.#stand.launchController(...this.#flags, ...flags);
    this.#controllers.push(controller);
    return controller;
  }

  /** Makes the secrets and the syncs. */
  async put(): Promise<void> {
    await this.rotate();
    for (const [name, path] of this.#paths) await this.#tenant.putPair(name, path, this.#spec);
  }

  /** Gives every secret a new value. */
  async rotate(): Promise<void> {
    await Promise.all(paths.map((path) => this.#change(path)));
  }

  /** Changes one value after the other, each as soon as the one before stands in a Secret, until it is stopped. */
  turn(): { readonly stop: () => Promise<void> } {
    const end = new AbortController();
    const turning = (async () => {
      for (let turn = 0; !end.signal.aborted; turn++) {
        const value = await this.#change(toPath(turn));
        const hasArrived = async (): Promise<boolean> => (await this.#tenant.readValue(`load-${turn % 5}`)) === value;
        await until(async () => end.signal.aborted || (await hasArrived()), { what: 'a value to arrive' });
      }
    })();
    return {
      stop: async () => {
        end.abort();
        await turning;
      },
    };
  }

  get size(): number {
    return this.#paths.size;
  }

  get names(): readonly string[] {
    return [...this.#paths.keys()];
  }

  /** How many values the secret of a sync has had. */
  valuesOf(name: string): number {
    return this.#valuesAt(this.#paths.get(name) ?? paths[0]).length;
  }

  /** Makes one more, and answers its value. */
  async add(name: string): Promise<string> {
    const path = toPath(0);
    this.#paths.set(name, path);
    await this.#tenant.putPair(name, path);
    return this.#valuesAt(path).at(-1) ?? '';
  }

  /** What the Secrets hold, in order. */
  async read(): Promise<readonly (string | undefined)[]> {
    const values = await this.#tenant.readValues();
    return this.names.map((name) => values.get(name));
  }

  /** What they should hold, in order. */
  get expected(): readonly string[] {
    return [...this.#paths.values()].map((path) => this.#valuesAt(path).at(-1) ?? '');
  }

  /** Waits until all Secrets hold what they should, and the syncs tell so. */
  async current(timeoutMs = 45_000): Promise<void> {
    const isSo = async (): Promise<boolean> => {
      const { expected } = this;
      const isCurrent = (await this.read()).every((value, index) => value === expected[index]);
      return isCurrent && this.names.every((name) => isTold(name, this.controller.front.allRecords));
    };
    await until(isSo, { what: 'all Secrets to be current', timeoutMs });
  }

  async ready(timeoutMs = 45_000): Promise<void> {
    let late: readonly string[] = this.names;
    const isSo = async (): Promise<boolean> => {
      const ready = await this.#tenant.readySyncs();
      late = this.names.filter((name) => !ready.has(name));
      return late.length === 0;
    };
    await until(isSo, { what: 'all syncs to be ready', timeoutMs }).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${late.length} are not, the first is ${late[0]}`);
    });
  }

  /** Waits until all say this reason. */
  async say(reason: string): Promise<void> {
    await Promise.all(this.names.map((name) => this.#tenant.reason(name, reason, 20_000)));
  }

  /** How often all replicas together have written the Secret of each sync, by name. */
  get secretWrites(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { verb, resource, status, name = '' } of this.#controllers.flatMap(({ front }) => front.allRecords)) {
      if (verb === 'apply' && resource === 'secrets' && status !== undefined && status < 300)
        counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** What is written while three refreshes of each go by. Events have a rate of their own, and tell of what was before. */
  async writesAtRest(): Promise<readonly FrontRecord[]> {
    await this.ready();
    this.controller.front.forget();
    await this.looked(3);
    return this.controller.front.writes.filter(({ resource }) => resource !== 'events');
  }

  /** Waits until each was looked at so many times, on average. */
  async looked(times: number, timeoutMs?: number): Promise<void> {
    const start = await this.#looks();
    const isSo = async (): Promise<boolean> => (await this.#looks()) >= start + times * this.size;
    await until(isSo, { what: `${times} looks at each`, ...(timeoutMs && { timeoutMs }) });
  }

  /** Puts a replica in place to which nothing has happened yet: pauses grow with every failure. */
  async renew(): Promise<Controller> {
    await this.#stand.stopController(this.controller);
    const controller = await this.startController();
    await until(async () => (await this.#looks()) >= this.size, { what: 'the first look at each' });
    return controller;
  }

  async #looks(): Promise<number> {
    return (await this.controller.metric('lockstep_sync_duration_seconds_count')) ?? 0;
  }

  async #change(path: Path): Promise<string> {
    const value = await this.#stand.putSecret(path);
    this.#valuesAt(path).push(value);
    return value;
  }

  #valuesAt(path: Path): string[] {
    return this.#values.get(path) ?? [];
  }
}

/** A new value is also a new version in the status, which comes after it. */
function isTold(sync: string, records: readonly FrontRecord[]): boolean {
  const applied = records.filter(({ verb, name }) => verb === 'apply' && name === sync);
  const written = applied.findLastIndex(({ resource }) => resource === 'secrets');
  const told = applied.findLastIndex(
    ({ resource, status, endedAt }) => resource.endsWith('/status') && status === 200 && endedAt !== undefined,
  );
  return told >= written;
}

function toPath(index: number): Path {
  return paths[index % paths.length] ?? paths[0];
}
