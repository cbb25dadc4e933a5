import type { KubeApi } from './kube-api.ts';
import type { Verb } from './kube-request.ts';

/** One verb on one resource, as RBAC names them. */
export interface Right {
  readonly verb: Verb;
  readonly resource: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** The rights of a controller in one namespace of several, where a role binding of its own grants them. */
export class LimitedRights {
  readonly #kube: KubeApi;
  readonly #system: string;
  readonly #namespace: string;

  constructor(kube: KubeApi, system: string, namespace: string) {
    this.#kube = kube;
    this.#system = system;
    this.#namespace = namespace;
  }

  /** All that we ship but one. */
  async without({ verb, resource }: Right): Promise<void> {
    const { rules } = await this.#kube.call<{ rules: readonly Rule[] }>('GET', `${rbac}/clusterroles/${this.#system}`);
    const left = rules.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((each) => !rule.resources.includes(resource) || each !== verb),
    }));
    if (JSON.stringify(left) === JSON.stringify(rules)) throw new Error(`nothing grants ${verb} on ${resource}`);
    const metadata = { name: this.#system, namespace: this.#namespace };
    const granted = left.filter(({ verbs }) => verbs.length > 0);
    await this.#kube.call('POST', `${this.#path}/roles`, { metadata, rules: granted });
    await this.#bind('Role');
  }

  async whole(): Promise<void> {
    await this.#bind('ClusterRole');
  }

  get #path(): string {
    return `${rbac}/namespaces/${this.#namespace}`;
  }

  /** What a binding refers to never changes: it is made anew. */
  async #bind(kind: 'Role' | 'ClusterRole'): Promise<void> {
    const name = this.#system;
    const subjects = [{ kind: 'ServiceAccount', name: 'lockstep-controller', namespace: this.#system }];
    await this.#kube.remove(`${this.#path}/rolebindings/${name}`);
    await this.#kube.call('POST', `${this.#path}/rolebindings`, {
      metadata: { name, namespace: this.#namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects,
    });
  }
}
