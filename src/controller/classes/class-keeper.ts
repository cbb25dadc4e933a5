import { problemsError } from '../../core/problem.ts';
import type { ApiClient, CallOptions } from '../../kube/client/api-client.ts';
import type { EventRecorder } from '../../kube/events/events.ts';
import { apiVersionOf, type ObjectKey, resources } from '../../kube/objects.ts';
import type { Reflector } from '../../kube/watch/reflector.ts';
import type { ClassObject } from './parse-class.ts';
import { decideShorthand } from './shorthand.ts';
import type { SyncObject } from '../sync-object.ts';
import type { Next } from '../queue/workers.ts';

export interface ClassKeeperDeps {
  /** Fenced. */
  readonly client: Pick<ApiClient, 'apply' | 'delete'>;
  readonly classes: Pick<Reflector<ClassObject>, 'get' | 'problem'>;
  readonly syncs: Pick<Reflector<SyncObject>, 'get' | 'problem'>;
  readonly isSelected: (namespace: string) => boolean;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** Keeps a SecretProviderClassSync for each class that asks for one by label and annotation. */
export class ClassKeeper {
  readonly #deps: ClassKeeperDeps;

  constructor(deps: ClassKeeperDeps) {
    this.#deps = deps;
  }

  /** Rejects with KUBE_…, NOT_LEADER and the signal's reason. */
  async keep(key: ObjectKey, options: CallOptions): Promise<Next> {
    const { classes, syncs, client, isSelected } = this.#deps;
    const [namespace = '', name = ''] = key.split('/', 2);
    // Nothing is deleted because a class could not be seen.
    const unknown = classes.problem(namespace) ?? syncs.problem(namespace);
    if (!isSelected(namespace)) return { kind: 'done' };
    if (unknown) throw unknown;
    const found = classes.get(key);
    const decision = decideShorthand(found, syncs.get(key));
    switch (decision.kind) {
      case 'none':
        break;
      case 'apply':
        await client.apply(resources.syncs, decision.object, { ...options, force: decision.force });
        break;
      case 'delete':
        await client.delete(
          resources.syncs,
          { namespace, name },
          { ...options, preconditions: decision.preconditions },
        );
        break;
      case 'stall':
        if (found) this.#warn(found, problemsError(decision.problems).message);
    }
    return { kind: 'done' };
  }

  #warn({ namespace, name, uid }: ClassObject, note: string): void {
    const about = { apiVersion: apiVersionOf(resources.classes), kind: resources.classes.kind, namespace, name, uid };
    this.#deps.events.record(about, { type: 'Warning', reason: 'SyncFailed', action: 'Sync', note });
  }
}
