import { type KubeObject, membersOf } from '../../src/kube/objects.ts';
import { rolloutNames } from '../../src/rollout/names.ts';
import { templateOf } from '../../src/rollout/workloads/workload.ts';
import { type WorkloadKind, workloadResources } from '../../src/rollout/workloads/workload-kind.ts';
import { namespace, type SyncWorld } from './sync-world.ts';
import { rawWorkload, readingAll, type WorkloadParts } from './workloads.ts';

interface Place extends Pick<WorkloadParts, 'metadata'> {
  readonly kind?: WorkloadKind;
}

/** A workload on the fake API server, and what its own controller would do with it. Healthy when it is made. */
export class RolledWorkload {
  readonly #world: SyncWorld;
  readonly #kind: WorkloadKind;
  readonly #name: string;
  readonly #namespace: string;

  constructor(world: SyncWorld, name: string, place: Place = {}) {
    this.#world = world;
    this.#kind = place.kind ?? 'Deployment';
    this.#name = name;
    this.#namespace = place.metadata?.namespace ?? namespace;
  }

  /** Reads the Secret of the same name as a whole unless `parts` say otherwise. */
  static put(world: SyncWorld, name: string, parts: WorkloadParts & Place = {}) {
    const workload = new RolledWorkload(world, name, parts);
    workload.put(parts);
    return workload;
  }

  put(parts: WorkloadParts = {}): void {
    const metadata = { ...parts.metadata, namespace: this.#namespace, name: this.#name, uid: `uid of ${this.#name}` };
    const pod = parts.pod ?? readingAll(this.#name);
    this.#world.kube.put(workloadResources[this.#kind], rawWorkload(this.#kind, { ...parts, pod, metadata }));
    this.finish();
  }

  get object(): KubeObject {
    const object = this.#world.kube.get(workloadResources[this.#kind], this.#namespace, this.#name);
    if (!object) throw new Error(`there is no ${this.#kind} ${this.#name}`);
    return object;
  }

  /** What of the pod template says which content its pods were started for. */
  get stamp(): string | undefined {
    return this.#annotation(rolloutNames.hashes);
  }

  get pins(): string | undefined {
    return this.#annotation(rolloutNames.pins);
  }

  /** All its pods are those of the present template. */
  finish(): void {
    const { object } = this;
    const status = { ...membersOf(object['status']), observedGeneration: object.metadata.generation };
    this.#world.kube.put(workloadResources[this.#kind], { ...object, status });
  }

  #annotation(name: string): string | undefined {
    const annotations = membersOf(membersOf(templateOf(this.#kind, this.object)['metadata'])['annotations']);
    const text = annotations[name];
    return typeof text === 'string' ? text : undefined;
  }
}
