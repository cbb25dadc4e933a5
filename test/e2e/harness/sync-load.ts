import type { ControllerStand } from './controller-stand.ts';
import type { Controller } from './controller.ts';
import type { FrontRecord } from './kube-front.ts';
import { until } from './until.ts';

/** Distinct secrets, each kept by several syncs. */
const paths = ['load-0', 'load-1', 'load-2', 'load-3', 'load-4'] as const;
const size = 40;

/** Syncs of one second each, and a replica that keeps them. */
export class SyncLoad {
  readonly #stand: ControllerStand;
  /** Paths of the secrets by name of the sync. */
  readonly #paths = new Map(Array.from({ length: size }, (_, index) => [`load-${index}`, toPath(index)]));
  #controller: Controller;
  #values: ReadonlyMap<string, string> = new Map();

  private constructor(stand: ControllerStand, controller: Controller) {
    this.#stand = stand;
    this.#controller = controller;
  }

  /** All are in sync when it resolves. */
  static async start(stand: ControllerStand): Promise<SyncLoad> {
    const load = new SyncLoad(stand, await stand.startController('--interval=1s'));
    await load.rotate();
    for (const [name, path] of load.#paths) await stand.tenant.putPair(name, path);
    await load.ready();
    return load;
  }

  get controller(): Controller {
    return this.#controller;
  }

  /** Gives every secret a new value. */
  async rotate(): Promise<void> {
    const entries = paths.map(async (path) => [path, await this.#stand.putSecret(path)] as const);
    this.#values = new Map(await Promise.all(entries));
  }

  get size(): number {
    return this.#paths.size;
  }

  /** Makes one more, and answers its value. */
  async add(name: string): Promise<string> {
    const path = toPath(0);
    this.#paths.set(name, path);
    await this.#stand.tenant.putPair(name, path);
    return this.#values.get(path) ?? '';
  }

  /** What the Secrets hold, in order. */
  async read(): Promise<readonly (string | undefined)[]> {
    return await Promise.all(this.#names.map((name) => this.#stand.tenant.readValue(name)));
  }

  /** What they should hold, in order. */
  get expected(): readonly string[] {
    return [...this.#paths.values()].map((path) => this.#values.get(path) ?? '');
  }

  /** Waits until all Secrets hold what they should, and the syncs tell so. */
  async current(): Promise<void> {
    const isSo = async (): Promise<boolean> => {
      const { expected } = this;
      const isCurrent = (await this.read()).every((value, index) => value === expected[index]);
      return isCurrent && this.#names.every((name) => isTold(name, this.#controller.front.allRecords));
    };
    await until(isSo, { what: 'all Secrets to be current', timeoutMs: 45_000 });
  }

  async ready(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#stand.tenant.ready(name, 45_000)));
  }

  /** Waits until all say this reason. */
  async say(reason: string): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#stand.tenant.reason(name, reason, 20_000)));
  }

  /** What is written while three refreshes of each go by. Events have a rate of their own, and tell of what was before. */
  async writesAtRest(): Promise<readonly FrontRecord[]> {
    await this.ready();
    this.#controller.front.forget();
    await this.looked(3);
    return this.#controller.front.writes.filter(({ resource }) => resource !== 'events');
  }

  /** Waits until each was looked at so many times, on average. */
  async looked(times: number): Promise<void> {
    const start = await this.#looks();
    const isSo = async (): Promise<boolean> => (await this.#looks()) >= start + times * this.size;
    await until(isSo, { what: `${times} looks at each` });
  }

  /** Puts a replica in place to which nothing has happened yet: pauses grow with every failure. */
  async renew(): Promise<Controller> {
    await this.#stand.stopController(this.#controller);
    this.#controller = await this.#stand.startController('--interval=1s');
    await until(async () => (await this.#looks()) >= this.size, { what: 'the first look at each' });
    return this.#controller;
  }

  get #names(): readonly string[] {
    return [...this.#paths.keys()];
  }

  async #looks(): Promise<number> {
    return (await this.#controller.metric('lockstep_sync_duration_seconds_count')) ?? 0;
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

function toPath(index: number): (typeof paths)[number] {
  return paths[index % paths.length] ?? paths[0];
}
