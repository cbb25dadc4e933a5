import { join } from 'node:path';

import type { ApiStand } from './api-e2e.ts';
import { kubectl } from './kubectl.ts';
import { until } from './until.ts';

export interface PodSpec {
  readonly [field: string]: unknown;
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: PodSpec;
}

export const pinsAnnotation = 'lockstep.dev/pins';

const manifest = join(import.meta.dirname, '../../../deploy/policies/pin-secrets.yaml');
const policies = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies';
const probe = {
  containers: [{ name: 'app', image: 'registry.example/app', envFrom: [{ secretRef: { name: 'probe' } }] }],
};
const probePins = 'probe=probe-0123456789ab';

/** The policy of mode Pin on the real API server, and pods that it may change. */
export class PinPolicy {
  readonly #stand: ApiStand;

  constructor(stand: ApiStand) {
    this.#stand = stand;
  }

  /** Resolves when it is in force. */
  async install(): Promise<void> {
    await this.kubectl('apply', `--filename=${manifest}`);
    await until(async () => await this.#isInForce(), { what: 'the policy to be in force' });
  }

  async remove(): Promise<void> {
    await this.kubectl('delete', '--ignore-not-found', `--filename=${manifest}`);
    await until(async () => !(await this.#isInForce()), { what: 'the policy to be gone' });
  }

  /** Gives its expressions something that is not there. Resolves when that is in force. */
  async break(): Promise<void> {
    const path = `${policies}/lockstep-pin-secrets`;
    const { spec } = await this.#stand.kube.call<{ spec: { variables: readonly Variable[] } }>('GET', path);
    const variables = spec.variables.map((each) =>
      each.name === 'pins' ? { ...each, expression: "{'probe': string(object.spec.noSuchField)}" } : each,
    );
    await this.#stand.kube.call('PATCH', path, { spec: { variables } });
    await until(async () => !(await this.#isInForce()), { what: 'the policy to fail' });
  }

  /** The spec of a pod as the API server takes it. Nothing is left behind. */
  async admit(spec: object, pins?: string): Promise<PodSpec> {
    const annotations = pins === undefined ? {} : { [pinsAnnotation]: pins };
    const path = `/api/v1/namespaces/${this.#stand.namespace}/pods?dryRun=All`;
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'attempt', annotations }, spec };
    return (await this.#stand.kube.call<Pod>('POST', path, body)).spec;
  }

  /** Throws what kubectl said. */
  async kubectl(...args: readonly string[]): Promise<void> {
    const { code, output } = await kubectl(this.#stand.cluster.kubeconfig, ...args);
    if (code !== 0 || output.includes('Warning')) throw new Error(`kubectl ${args.join(' ')}: ${output}`);
  }

  async #isInForce(): Promise<boolean> {
    return JSON.stringify(await this.admit(probe, probePins)).includes('probe-0123456789ab');
  }
}

interface Variable {
  readonly name: string;
  readonly expression: string;
}
