import type { ControllerStand } from './controller-stand.ts';
import type { Controller } from './controller.ts';
import type { FrontRecord } from './kube-front.ts';
import { until } from './until.ts';

/** Distinct secrets, each kept by several syncs. */
const paths = Array.from({ length: 5 }, (_, index) => `load-${index}`);
const names = Array.from({ length: 40 }, (_, index) => `load-${index}`);

/** Syncs of one second each, and a replica that keeps them. */
export class SyncLoad {
  readonly size = names.length;
  readonly #stand: ControllerStand;
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
    for (const name of names) await stand.tenant.putPair(name, pathOf(name));
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

  /** The value that a sync has to arrive at. */
  valueOf(name: string): string {
    return this.#values.get(pathOf(name)) ?? '';
  }

  /** Makes one more, of the first secret, and answers its value. */
  async add(name: string): Promise<string> {
    const [first = ''] = paths;
    await this.#stand.tenant.putPair(name, first);
    return this.#values.get(first) ?? '';
  }

  /** What the Secrets hold, in order. */
  async read(): Promise<readonly (string | undefined)[]> {
    return await Promise.all(names.map((name) => this.#stand.tenant.readValue(name)));
  }

  /** What they should hold, in order. */
  get expected(): readonly string[] {
    return names.map((name) => this.valueOf(name));
  }

  /** Waits until all Secrets hold what they should, and the syncs tell so. */
  async current(): Promise<void> {
    const isSo = async (): Promise<boolean> => {
      const { expected } = this;
      const isCurrent = (await this.read()).every((value, index) => value === expected[index]);
      return isCurrent && names.every((name) => isTold(name, this.#controller.front.allRecords));
    };
    await until(isSo, { what: 'all Secrets to be current', timeoutMs: 45_000 });
  }

  async ready(): Promise<void> {
    await Promise.all(names.map((name) => this.#stand.tenant.ready(name, 45_000)));
  }

  /** Waits until all say this reason. */
  async say(reason: string): Promise<void> {
    await Promise.all(names.map((name) => this.#stand.tenant.reason(name, reason, 20_000)));
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
    const isSo = async (): Promise<boolean> => (await this.#looks()) >= start + times * names.length;
    await until(isSo, { what: `${times} looks at each` });
  }

  /** Puts a replica in place to which nothing has happened yet: pauses grow with every failure. */
  async renew(): Promise<Controller> {
    await this.#stand.stopController(this.#controller);
    this.#controller = await this.#stand.startController('--interval=1s');
    await until(async () => (await this.#looks()) >= names.length, { what: 'the first look at each' });
    return this.#controller;
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

function pathOf(name: string): string {
  return paths[names.indexOf(name) % paths.length] ?? '';
}
