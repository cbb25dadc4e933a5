import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { nodeName } from './control-plane.ts';
import type { Cluster } from './kube-api.ts';
import { ServerProcess } from './processes.ts';
import { pythonWith } from './python.ts';

const folder = join(import.meta.dirname, '../../parity');
const checkout = join(import.meta.dirname, '../../..');
/** The relay of the tool listens here, inside the network namespace. */
const relayedApiServer = 'https://127.0.0.1:6443';
const metricsAddress = '127.0.0.1:8080';

export interface ParityAwsPlace {
  readonly runDir: string;
  /** Folder of this stack alone; made here. */
  readonly dir: string;
  readonly cluster: Cluster;
}

/**
 * The parity tool's own world for a provider of AWS: a network namespace in which the agent of Pod Identity has its
 * link-local addresses and STS its names, moto behind a shim, and our daemon.
 */
export class ParityAwsStack {
  readonly socket: string;
  readonly #place: ParityAwsPlace;
  readonly #python = pythonWith(join(folder, 'requirements.txt'));
  readonly #namespace: string;
  readonly #stack: ServerProcess;
  #runs = 0;

  private constructor(place: ParityAwsPlace) {
    this.#place = place;
    // `reap` removes the namespace of this name where nobody else does.
    this.#namespace = basename(place.runDir);
    this.socket = join(place.dir, 'driver-writes/aws.sock');
    const variables = { NODE_NAME: nodeName, LOCKSTEP_E2E_RUN: place.runDir };
    this.#stack = this.#run('stack', [
      `--netns=${this.#namespace}`,
      `--provider-cmd=${daemonCommand(place)}`,
      ...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
    ]);
  }

  /** Resolves when the stores are seeded. The tool waits for the daemon by itself. */
  static async start(place: ParityAwsPlace): Promise<ParityAwsStack> {
    mkdirSync(place.dir, { recursive: true });
    writeInnerKubeconfig(place);
    const stack = new ParityAwsStack(place);
    await stack.#stack.ready(async () => stack.#stack.output().includes('stack ready'));
    await stack.#succeed('seed', []);
    return stack;
  }

  /** Replays all vectors; answers the lines of the tool. */
  async replay(): Promise<readonly string[]> {
    const sockets = [`--socket=${this.socket}`, `--socket-provider-writes=${this.socket}`];
    const replay = this.#run('replay', ['--errors=refusal', ...sockets]);
    await replay.exited;
    return replay.output().trimEnd().split('\n');
  }

  /** What the daemon printed. */
  log(): string {
    return readFileSync(join(this.#place.dir, 'driver-writes.log'), 'utf8');
  }

  metrics(): string {
    const get = 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())';
    const inside = ['netns', 'exec', this.#namespace, this.#python, '-c', get, `http://${metricsAddress}/metrics`];
    return execFileSync('ip', inside, { encoding: 'utf8' });
  }

  async stop(): Promise<void> {
    await this.#succeed('seed', ['--clean-kube']);
    await this.#stack.stop();
  }

  #run(command: string, args: readonly string[]): ServerProcess {
    const { runDir, dir, cluster } = this.#place;
    return new ServerProcess({
      runDir,
      command: this.#python,
      args: [join(folder, 'parity_aws.py'), command, ...args],
      env: {
        PATH: `${dirname(this.#python)}:${process.env['PATH']}`,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        PARITY_AWS_DIR: dir,
        KUBE_URL: cluster.server,
        KUBE_TOKEN: cluster.adminToken,
      },
      log: join(dir, `${command}-${++this.#runs}.log`),
    });
  }

  async #succeed(command: string, args: readonly string[]): Promise<void> {
    const tool = this.#run(command, args);
    const code = await tool.exited;
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${tool.output().slice(-3000)}`);
  }
}

/** The tool keeps two providers, one for each way to write files. We have one way, so the second is a sleep. */
function daemonCommand(place: ParityAwsPlace): string {
  const flags = [
    '--provider-dir={dir}',
    '--providers=aws',
    '--refresh-interval=0s',
    `--kubeconfig=${innerKubeconfig(place)}`,
    `--metrics-address=${metricsAddress}`,
    '--log-format=json',
    '--log-level=debug',
  ];
  const daemon = [process.execPath, join(checkout, 'src/main.ts'), 'provider', ...flags].join(' ');
  return `sh -c 'if {driver_writes}; then exec ${daemon}; fi; exec sleep 100000'`;
}

function innerKubeconfig({ dir }: ParityAwsPlace): string {
  return join(dir, 'inner.kubeconfig');
}

/** The API server's certificate names 127.0.0.1, wherever its port is. */
function writeInnerKubeconfig(place: ParityAwsPlace): void {
  const { server, providerKubeconfig } = place.cluster;
  const config = readFileSync(providerKubeconfig, 'utf8').replaceAll(server, relayedApiServer);
  writeFileSync(innerKubeconfig(place), config, { mode: 0o600 });
}
