import { join } from 'node:path';

import { replaceCrds } from './apply-manifests.ts';
import type { Controller } from './controller.ts';
import type { FrontRecord } from './kube-front.ts';
import type { UnpackedRelease } from './previous-release.ts';
import { sources } from './daemon.ts';
import type { RolloutStand } from './rollout-stand.ts';
import { until } from './until.ts';
import type { ReleaseName } from './upgrade-e2e.ts';

/** Replicas of two releases, one after the other, as an upgrade and a rollback have them. */
export class UpgradedController {
  readonly #stand: RolloutStand;
  readonly #older: UnpackedRelease;
  /** The last one leads or stands by. */
  readonly #replicas: Controller[] = [];

  private constructor(stand: RolloutStand, older: UnpackedRelease) {
    this.#stand = stand;
    this.#older = older;
  }

  /** The older one leads, with its own CRDs. */
  static async start(stand: RolloutStand, older: UnpackedRelease): Promise<UpgradedController> {
    const upgraded = new UpgradedController(stand, older);
    await upgraded.join('the older');
    return upgraded;
  }

  /** What leads or is about to. */
  get last(): Controller {
    const last = this.#replicas.at(-1);
    if (last === undefined) throw new Error('there is no controller');
    return last;
  }

  /** The CRDs of a release replace those that are there, and a replica of it starts beside the one that leads. */
  async join(release: ReleaseName): Promise<void> {
    const { base } = this.#stand;
    const isOlder = release === 'the older';
    await replaceCrds(base.kube, isOlder ? join(this.#older.tree, 'deploy') : undefined);
    base.command = isOlder ? this.#older.command : sources;
    this.#replicas.push(await this.#stand.startController());
  }

  /** The one before ends, and the last one leads. */
  async handOver(): Promise<void> {
    const former = this.#replicas.at(-2);
    if (former !== undefined) await this.#stand.base.stopController(former);
    await until(() => this.last.isLeader(), { what: 'the other release to lead' });
  }

  /** What any of them has written since `forget`, the Lease apart. */
  get writes(): readonly FrontRecord[] {
    return this.#replicas.flatMap(({ front }) => front.writes);
  }

  forget(): void {
    for (const { front } of this.#replicas) front.forget();
  }
}
