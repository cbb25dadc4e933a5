import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RolloutStatus } from '../../../src/rollout/rollout-status.ts';
import type { Controller } from './controller.ts';
import type { ControllerStand } from './controller-stand.ts';
import { KubeApi, type KubeObject } from './kube-api.ts';
import { Kwok } from './kwok.ts';
import { type RolledKind, type RolledOptions, RolledWorkload } from './rollout-workload.ts';
import type { Tenant } from './tenant.ts';
import type { SyncView } from './tenant-objects.ts';

export interface SourceOptions {
  /** `spec.rollout`. */
  readonly rollout?: Readonly<Record<string, unknown>>;
  /** Annotations and labels of the SecretProviderClassSync. */
  readonly marks?: Parameters<Tenant['putSync']>[2];
  /** Annotations of the Secret. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a rollout is tested with in one namespace: sources whose values change, and workloads on a fake node. */
export class RolloutStand {
  readonly base: ControllerStand;
  readonly tenant: Tenant;
  readonly #kwok: Kwok;
  /** Lives longer than that of the stand. */
  readonly #kube: KubeApi;
  readonly #values = new Map<string, Readonly<Record<string, string>>>();
  readonly #others: RolloutStand[] = [];

  private constructor(base: ControllerStand, tenant: Tenant, kwok: Kwok) {
    this.base = base;
    this.tenant = tenant;
    this.#kwok = kwok;
    this.#kube = new KubeApi(base.run.cluster);
  }

  /** In the main namespace of the stand. */
  static async start(base: ControllerStand): Promise<RolloutStand> {
    return new RolloutStand(base, base.tenant, await Kwok.start(base.run, `${base.tenant.namespace}-node`));
  }

  /** The same in another namespace. */
  async beside(suffix: string): Promise<RolloutStand> {
    const other = new RolloutStand(this.base, await this.base.createTenant(suffix), this.#kwok);
    this.#others.push(other);
    return other;
  }

  /** A controller that rolls out. */
  async startController(...flags: readonly string[]): Promise<Controller> {
    return await this.base.startController('--rollouts', ...flags);
  }

  /** A Secret of that name with the keys `a` and `b`, kept current from the store. In Restart, with a canary that need not soak. */
  async source(name: string, { rollout = {}, marks, annotations = {} }: SourceOptions = {}): Promise<void> {
    await this.change(name, 'a', 'b');
    const objects = ['a', 'b'].map((key) => ({ objectName: key, secretPath: `secret/data/${name}`, secretKey: key }));
    const data = ['a', 'b'].map((key) => ({ objectName: key, key }));
    await this.tenant.putClass(name, { objects, secretObjects: [{ secretName: name, data, annotations }] });
    await this.sync(name, rollout, marks);
    await this.tenant.ready(name);
  }

  /** Puts the SecretProviderClassSync of a source, anew or in place of what is there. */
  async sync(name: string, rollout: SourceOptions['rollout'], marks?: SourceOptions['marks']): Promise<void> {
    const spec = { interval: '1s', rollout: { mode: 'Restart', canary: { soak: '0s' }, ...rollout } };
    await this.tenant.putSync(name, spec, marks);
  }

  /** Gives keys of a source fresh values in the store, and answers the first one. */
  async change(name: string, ...keys: readonly string[]): Promise<string> {
    const fresh = keys.map((key) => [key, this.base.evidence.newSecret(`${name}.${key}`)] as const);
    await this.put(name, Object.fromEntries(fresh));
    return fresh[0]?.[1] ?? '';
  }

  /** Gives keys of a source these values in the store. */
  async put(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const all = { ...this.#values.get(name), ...values };
    this.#values.set(name, all);
    await this.base.vault.putSecret(name, all);
  }

  /** A workload of the stand's namespace, known to the sources that it uses once its pods run. */
  async workload(kind: RolledKind, name: string, options: RolledOptions): Promise<RolledWorkload> {
    const { namespace } = this.tenant;
    return await RolledWorkload.create(kind, name, options, { kube: this.#kube, namespace, node: this.#kwok.node });
  }

  async rollout(name: string): Promise<RolloutStatus | undefined> {
    return rolloutOf(await this.tenant.readSync(name));
  }

  /** Waits until `status.rollout` of a source is as the test wants it, and answers it. */
  async untilRollout(
    name: string,
    what: string,
    isSo: (rollout: RolloutStatus) => boolean,
    timeoutMs = 60_000,
  ): Promise<RolloutStatus> {
    const isIt = (sync: SyncView): boolean => {
      const rollout = rolloutOf(sync);
      return rollout !== undefined && isSo(rollout);
    };
    const found = rolloutOf(await this.tenant.untilSync(name, what, isIt, timeoutMs));
    if (found === undefined) throw new Error('no rollout');
    return found;
  }

  /** Waits until a source knows these workloads: what is there now counts as rolled out. Answers its version. */
  async known(name: string, ...workloads: readonly RolledWorkload[]): Promise<string | undefined> {
    const rollout = await this.untilRollout(name, 'to know its workloads', ({ workloads: known = [] }) =>
      workloads.every(({ key }) => known.some(({ workload }) => workload === key)),
    );
    return rollout.version;
  }

  /** Waits until a version other than that one has reached all workloads of a source, and answers it. */
  async completed(name: string, before: string | undefined, timeoutMs?: number): Promise<string> {
    const rollout = await this.untilRollout(
      name,
      'to be complete',
      ({ state, version }) => state === 'Complete' && version !== undefined && version !== before,
      timeoutMs,
    );
    return rollout.version ?? '';
  }

  /** Deployments of the namespace that were changed since they were made, and whose present template has not replaced all pods. */
  async inFlight(): Promise<readonly string[]> {
    const path = `/apis/apps/v1/namespaces/${this.tenant.namespace}/deployments`;
    const { items } = await this.#kube.call<{ items: readonly RolledDeployment[] }>('GET', path);
    return items.flatMap(({ metadata, spec, status }) => {
      const { observedGeneration, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
      const isDone = [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas);
      const isNew = metadata.generation === 1;
      return isNew || (isDone && observedGeneration === metadata.generation) ? [] : metadata.name;
    });
  }

  /** `kubectl apply` of this manifest. */
  async apply(manifest: KubeObject, ...flags: readonly string[]): Promise<void> {
    const file = join(this.base.dir, `${manifest.metadata.name}.json`);
    writeFileSync(file, JSON.stringify(manifest));
    await this.kubectl('apply', `--filename=${file}`, ...flags);
  }

  /** Throws what kubectl said. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.base.kubectl(...args, `--namespace=${this.tenant.namespace}`);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${output}`);
    return output;
  }

  /** Removes the workloads and their node: nobody would end their pods. */
  async close(): Promise<void> {
    for (const each of [...this.#others, this]) await each.#clear();
    await this.#kwok.stop();
  }

  async #clear(): Promise<void> {
    const place = `namespaces/${this.tenant.namespace}`;
    const kinds = ['apps/v1/deployments', 'apps/v1/statefulsets', 'apps/v1/daemonsets', 'batch/v1/cronjobs'];
    for (const kind of kinds) await this.#kube.remove(`/apis/${kind.replace('v1', `v1/${place}`)}`);
    await this.#kube.close();
  }
}

interface RolledDeployment {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: Readonly<
    Partial<Record<'observedGeneration' | 'replicas' | 'updatedReplicas' | 'availableReplicas', number>>
  >;
}

function rolloutOf(sync: SyncView | undefined): RolloutStatus | undefined {
  // What the CRD does not know is cut off by the API server.
  const status = sync?.status as { readonly rollout?: RolloutStatus } | undefined;
  return status?.rollout;
}
