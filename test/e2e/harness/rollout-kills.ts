import type { Controller } from './controller.ts';
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
    return new KilledController(stand, await launchFor(stand));
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
    killAt(this.#controller, kills);
    await this.stand.change(name, 'a');
    const isDone = async (): Promise<boolean> => {
      if (!this.#controller.process.running) {
        this.#controller = await launchFor(this.stand);
        this.#lives++;
        if (how === 'always') killAt(this.#controller, kills);
      }
      const now = await this.stand.rollout(name);
      return now?.state === 'Complete' && now.version !== version;
    };
    await until(isDone, { what: `${name} to be complete in spite of kill ${kills}`, timeoutMs: 120_000 });
    this.#controller.front.behave();
    return this.#lives > lives;
  }
}

function killAt({ front, process }: Controller, kills: number): void {
  let writes = 0;
  front.onAnswer = (request) => {
    if (isWrite(request) && request.resource !== 'events' && ++writes === kills) process.signal('SIGKILL');
  };
}

export interface Prepared {
  readonly name: string;
  readonly users: readonly RolledWorkload[];
  readonly version: string | undefined;
}

async function launchFor(stand: RolloutStand): Promise<Controller> {
  const { namespace } = stand.tenant;
  // A lease would outlive who is killed.
  return await stand.base.launchController('--rollouts', '--leader-elect=false', `--namespaces=${namespace}`);
}
