import { type KubeObject, membersOf, resources } from '../../src/kube/objects.ts';
import type { Condition } from '../../src/kube/condition.ts';
import { ControllerUnderTest, type UnderTestOptions } from './controller-under-test.ts';
import { namespace, SyncWorld } from './sync-world.ts';

/** Long enough for a change to settle and to be patched, and for what has ended to be told. */
const settleMs = 10_000;

/** A world with one controller after the other that rolls out. Nothing runs before `start`. */
export class RolloutsUnderTest implements AsyncDisposable {
  readonly world: SyncWorld;
  #controller: ControllerUnderTest | undefined;

  private constructor(world: SyncWorld) {
    this.world = world;
  }

  static async create(): Promise<RolloutsUnderTest> {
    return new RolloutsUnderTest(await SyncWorld.start());
  }

  /** In place of the one before, if there was one. */
  async start(options: UnderTestOptions = {}): Promise<void> {
    await this.#controller?.[Symbol.asyncDispose]();
    this.#controller = await ControllerUnderTest.start({ world: this.world, rollouts: {}, ...options });
    await this.#controller.pass(settleMs);
  }

  /** Throws before the start. */
  get controller(): ControllerUnderTest {
    if (!this.#controller) throw new Error('no controller runs');
    return this.#controller;
  }

  async pass(ms = settleMs): Promise<void> {
    await this.controller.pass(ms);
  }

  /** The value at the store is another, and the syncs of its name, or those that are named, are asked to look. */
  async change(name: string, value: string, syncs: readonly string[] = [name]): Promise<void> {
    this.world.values.set(name, value);
    for (const sync of syncs) this.world.force(sync, `again ${this.world.kube.calls.length}`);
    await this.controller.settled();
    await this.pass();
  }

  /** `status.rollout` of a sync. */
  rolloutOf(name: string, where = namespace): Readonly<Record<string, unknown>> {
    return membersOf(membersOf(this.#sync(name, where)?.['status'])['rollout']);
  }

  /** The condition RolloutComplete of a sync. */
  conditionOf(name: string): Condition | undefined {
    return this.world.condition(name, 'RolloutComplete');
  }

  /** Patches of workloads since the mark of the world. */
  get patches(): readonly string[] {
    return this.world.writes.filter((call) => /^apply (deployments|statefulsets|daemonsets|cronjobs) /.test(call));
  }

  /** Values of a metric by the label, or under the empty text. */
  async metric(name: string, label = ''): Promise<Readonly<Record<string, number>>> {
    const metric = this.controller.metrics.registry.getSingleMetric(name);
    if (!metric) throw new Error(`there is no metric ${name}`);
    const { values } = await metric.get();
    return Object.fromEntries(
      values.map(({ labels, value }) => {
        const found = membersOf(labels)[label];
        return [typeof found === 'string' ? found : '', value];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller?.[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }

  #sync(name: string, where: string): KubeObject | undefined {
    return this.world.kube.get(resources.syncs, where, name);
  }
}
