import { Daemon, type DaemonOptions, launch, type Launched } from './daemon.ts';
import type { KubeFront } from './kube-front.ts';

export interface ControllerOptions extends DaemonOptions {
  /** How it reaches its front. */
  readonly kubeconfig: string;
  readonly front: KubeFront;
}

/** One replica of our controller, behind a front of its own. */
export class Controller extends Daemon {
  readonly front: KubeFront;

  private constructor(launched: Launched, front: KubeFront) {
    super(launched);
    this.front = front;
  }

  /** Begins to run it. */
  static async launch({ kubeconfig, front, ...options }: ControllerOptions): Promise<Controller> {
    return new Controller(await launch('controller', { kubeconfig }, options), front);
  }

  async isLeader(): Promise<boolean> {
    return (await this.metric('lockstep_leader')) === 1;
  }
}
