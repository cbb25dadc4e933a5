import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createPlanCommand } from '../../src/cli/plan.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createRolloutCommand } from '../../src/cli/rollout.ts';
import { createStatusCommand } from '../../src/cli/status.ts';
import type { SyncStatus } from '../../src/controller/status/sync-status.ts';
import { resources } from '../../src/kube/objects.ts';
import { FakeHost, type FakeHostOptions } from './host.ts';
import { FakeKube } from './kube-server.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

export interface SyncOptions {
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly suspend?: boolean;
  readonly observedGeneration?: number;
  /** In place of all of it. */
  readonly status?: SyncStatus;
}

const time = '2026-01-01T00:00:00Z';
const commands = {
  status: { summary: 'Show', load: async () => createStatusCommand() },
  plan: { summary: 'Plan', load: async () => createPlanCommand() },
  rollout: { summary: 'Roll out', load: async () => createRolloutCommand() },
};

/** `lockstep status` before a fake API server that a kubeconfig names, whose context is of the namespace `shop`. */
export class StatusUnderTest implements AsyncDisposable {
  readonly kube: FakeKube;
  readonly #home: TemporaryDirectory;

  private constructor(kube: FakeKube, home: TemporaryDirectory) {
    this.kube = kube;
    this.#home = home;
  }

  static async start(): Promise<StatusUnderTest> {
    const kube = await FakeKube.start({ now: () => Date.parse(time) });
    const status = new StatusUnderTest(kube, createTemporaryDirectory());
    status.writeKubeconfig('shop');
    return status;
  }

  get home(): string {
    return this.#home.path;
  }

  /** As kubectl reads it: JSON is YAML. */
  writeKubeconfig(namespace: string | undefined): void {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster: { server: this.kube.listener.address, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'fake', user: { token: 'own-token' } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake', namespace } }],
      'current-context': 'fake',
    };
    writeFileSync(join(this.home, 'config'), JSON.stringify(config));
  }

  /** Makes or changes a sync; ready unless told otherwise. */
  put(namespace: string, name: string, options: SyncOptions = {}): void {
    const { ready = 'True', reason = 'Synced', suspend = false, observedGeneration = 1 } = options;
    const status: SyncStatus = options.status ?? {
      observedGeneration,
      lastChangeTime: time,
      secrets: [{ name, state: ready === 'True' ? 'Synced' : 'Failed' }],
      conditions: [
        { type: 'Reconciling', status: 'True', reason: 'X', message: 'x', lastTransitionTime: time },
        { type: 'Ready', status: ready, reason, message: `${name} it is`, lastTransitionTime: time },
      ],
    };
    const spec = { secretProviderClassName: name, serviceAccountName: name, suspend };
    this.kube.put(resources.syncs, { metadata: { namespace, name }, spec, status });
  }

  start(argv: readonly string[], options: FakeHostOptions = {}) {
    return this.#start('status', argv, options);
  }

  /** Another command that looks at the cluster, to the end. */
  async runCommand(name: keyof typeof commands, argv: readonly string[]) {
    const { host, code } = this.#start(name, argv);
    return { code: await code, out: host.outText, err: host.errText };
  }

  /** To the end. */
  async run(argv: readonly string[], options?: FakeHostOptions) {
    const { host, code } = this.start(argv, options);
    return { code: await code, out: host.outText, err: host.errText };
  }

  #start(name: keyof typeof commands, argv: readonly string[], options: FakeHostOptions = {}) {
    const host = new FakeHost({ ...options, env: { KUBECONFIG: join(this.home, 'config'), ...options.env } });
    return { host, code: runProgram([name, ...argv], { commands, version: '0', host }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kube[Symbol.asyncDispose]();
    this.#home[Symbol.dispose]();
  }
}
