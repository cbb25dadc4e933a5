import type { Controller } from './controller.ts';
import type { KubeFront } from './kube-front.ts';
import { isWrite } from './kube-request.ts';
import type { RolloutStand } from './rollout-stand.ts';
import type { RolledWorkload } from './rollout-workload.ts';
import { until } from './until.ts';

/** A controller for one namespace that is killed when it has written so often, and is started again. */
export class KilledController {
  readonly stand: RolloutStand;
  #controller: Controller;
  #lives = 1;

  private constructor(stand: RolloutStand, controller: Controller) {
    this.stand = stand;
    this.#controller = controller;
  }

  static async start(stand: RolloutStand): Promise<KilledController> {
    return new KilledController(stand, await startFor(stand));
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives;
  }

  /** A source with a Deployment, a StatefulSet and a DaemonSet that use it, and the version that they have. */
  async prepare(name: string, mode: string): Promise<Prepared> {
    const { stand } = this;
    await stand.source(name, { rollout: { mode, maxConcurrent: 2 } });
    const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
    const users = await Promise.all(
      kinds.map((kind) => stand.workload(kind, `${name}-${kind.toLowerCase()}`, { uses: [name] })),
    );
    for (const user of users) await user.run(1);
    return { name, users, version: await stand.known(name, ...users) };
  }

  /**
   * The value changes, and the controller is killed when the API server has done its `kills`-th write and before it hears so: once,
   * or in every life. Events do not count. Resolves when all workloads have the value; answers whether it was killed at all.
   */
  async rollOut({ name, version }: Prepared, kills: number, how: 'once' | 'always' = 'once'): Promise<boolean> {
    const lives = this.#lives;
    this.#controller.front.onAnswer = this.#killAt(kills);
    await this.stand.change(name, 'a');
    const isDone = async (): Promise<boolean> => {
      if (this.#isDead) await this.#revive(how === 'always' ? this.#killAt(kills) : undefined);
      const now = await this.stand.rollout(name);
      return now?.state === 'Complete' && now.version !== version;
    };
    await until(isDone, { what: `${name} to be complete in spite of kill ${kills}`, timeoutMs: 120_000 });
    this.#controller.front.behave();
    if (this.#isDead) await this.#revive();
    return this.#lives > lives;
  }

  get #isDead(): boolean {
    return !this.#controller.process.running;
  }

  async #revive(onAnswer?: KubeFront['onAnswer']): Promise<void> {
    this.#controller = await startFor(this.stand, onAnswer);
    this.#lives++;
  }

  #killAt(kills: number): KubeFront['onAnswer'] {
    let writes = 0;
    return (request) => {
      if (!isWrite(request) || request.resource === 'events' || ++writes !== kills) return;
      this.#controller.process.signal('SIGKILL');
    };
  }
}

export interface Prepared {
  readonly name: string;
  readonly users: readonly RolledWorkload[];
  readonly version: string | undefined;
}

async function startFor(stand: RolloutStand, onAnswer?: KubeFront['onAnswer']): Promise<Controller> {
  // A lease would outlive who is killed.
  const flags = ['--rollouts', '--leader-elect=false', `--namespaces=${stand.tenant.namespace}`];
  return await stand.base.startControllerBehind((front) => {
    if (onAnswer) front.onAnswer = onAnswer;
  }, flags);
}
