import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { publishedDir, serverDir } from '../../servers/build.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';
import type { E2eRun } from './stand.ts';
import { until } from './until.ts';

const group = 'external-secrets.io';
/** What of its CRDs it needs for ExternalSecrets. */
const definitions = [
  `${group}_externalsecrets`,
  `${group}_secretstores`,
  `${group}_clustersecretstores`,
  `generators.${group}_generatorstates`,
];

export interface OperatorOptions {
  readonly log: string;
  /** Its environment beside that of every server. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The real External Secrets Operator, as its chart runs it but for kinds that the tests do not have. */
export class Operator {
  readonly #kube: KubeApi;
  readonly #process: ServerProcess;

  private constructor(kube: KubeApi, process: ServerProcess) {
    this.#kube = kube;
    this.#process = process;
  }

  /** With its CRDs. Resolves when it is ready. */
  static async start(
    { runDir, cluster }: E2eRun,
    kube: KubeApi,
    { log, env = {} }: OperatorOptions,
  ): Promise<Operator> {
    for (const crd of readDefinitions()) {
      await kube.call('POST', definitionsPath, crd);
    }
    const isServed = (): Promise<boolean> =>
      kube.call('GET', `/apis/${group}/v1/externalsecrets`).then(Boolean, () => false);
    await until(isServed, { what: 'the API server to serve ExternalSecrets' });
    const live = `127.0.0.1:${await freePort()}`;
    const operator = new ServerProcess({
      runDir,
      command: join(serverDir('external-secrets'), 'external-secrets'),
      args: toFlags({
        'metrics-addr': '0',
        'live-addr': live,
        concurrent: '4',
        'enable-push-secret-reconciler': false,
        'enable-cluster-push-secret-reconciler': false,
        'enable-cluster-external-secret-reconciler': false,
      }),
      env: { KUBECONFIG: cluster.kubeconfig, ...env },
      log,
    });
    await operator.ready(async () => (await fetch(`http://${live}/healthz`)).ok);
    return new Operator(kube, operator);
  }

  async put(object: KubeObject): Promise<void> {
    const path = `/apis/${group}/v1/namespaces/${object.metadata.namespace}/${object.kind.toLowerCase()}s`;
    await this.#kube.call<KubeObject>('POST', path, object);
  }

  async find(namespace: string, name: string): Promise<KubeObject | undefined> {
    return await this.#kube.find(`/apis/${group}/v1/namespaces/${namespace}/externalsecrets/${name}`);
  }

  /** Removes all that is of it first, while somebody is there to take its finalizers off; the next one starts with nothing. */
  async stop(): Promise<void> {
    const paths = readDefinitions().map(({ metadata }) => `${definitionsPath}/${metadata.name}`);
    for (const path of paths) await this.#kube.remove(path);
    const areGone = async (): Promise<boolean> =>
      (await Promise.all(paths.map((path) => this.#kube.find(path)))).every((found) => found === undefined);
    await until(areGone, { what: 'the CRDs of the operator to be gone' });
    await this.#process.stop();
  }
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A manifest of it. */
export function operatorObject(kind: string, metadata: KubeObject['metadata'], spec: object): KubeObject {
  return { apiVersion: `${group}/v1`, kind, metadata, spec };
}

function readDefinitions(): readonly KubeObject[] {
  const dir = join(publishedDir('external-secrets'), 'config/crds/bases');
  return definitions.map((name) => parse(readFileSync(join(dir, `${name}.yaml`), 'utf8')) as KubeObject);
}
