import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BuiltImage } from './built-image.ts';

export interface ContainerOptions {
  readonly image: BuiltImage;
  /** Folder of this container alone; made here. */
  readonly dir: string;
  /** User and group; those of the image unless given, as with `runAsUser`. */
  readonly user?: number;
  /** As with `runAsGroup`; the number of the user unless given. */
  readonly group?: number;
  /** Folders of the host that it sees under the same paths. */
  readonly folders: readonly string[];
  /** And under others. */
  readonly mounts?: readonly Mount[];
  /** As `resources.limits` of a pod: bytes, and thousandths of a core. */
  readonly limits?: { readonly memoryBytes: number; readonly milliCpu?: number };
  /** In place of the image's entry point. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Path of a network namespace; the host's network unless given. */
  readonly network?: string;
  /** As runc takes it; everything is allowed unless given. */
  readonly seccomp?: object;
}

/** A folder of the host, and where it is seen. */
export interface Mount {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/**
 * A container of the image as a node runs it: runc, the image's entry point and user, a read-only root, no capability, no new
 * privileges. The host's network unless told otherwise, as the servers of the e2e listen on 127.0.0.1.
 */
export class Container {
  readonly #options: ContainerOptions;
  readonly #name: string;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#name = `lockstep-${options.dir.replaceAll(/[^a-z0-9]/g, '-')}`;
    mkdirSync(options.dir, { recursive: true });
  }

  /** Name and arguments of the program that runs `lockstep ARGS…` in the container, in the environment that it is given. */
  get command(): readonly string[] {
    const { dir } = this.#options;
    writeFileSync(join(dir, 'template.json'), JSON.stringify(this.#toSpec()));
    return [process.execPath, join(import.meta.dirname, 'run-container.ts'), dir, this.#name];
  }

  /** Runs `lockstep ARGS…` to its end and answers what it printed. */
  run(...args: readonly string[]): string {
    const [program = '', ...rest] = this.command;
    return execFileSync(program, [...rest, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  }

  /** Of its first process, as the host sees it. Throws where it does not run. */
  get pid(): number {
    // The edge: runc's own report.
    const state = JSON.parse(execFileSync('runc', ['state', this.#name], { encoding: 'utf8' })) as { pid: number };
    return state.pid;
  }

  /** What runc keeps of a container that was killed. */
  remove(): void {
    execFileSync('runc', ['delete', '--force', this.#name], { stdio: 'ignore' });
  }

  #toSpec(): object {
    const { image, user, group = user, folders, mounts = [], limits, network, seccomp } = this.#options;
    const { User, Env, Entrypoint } = image.image.config;
    const { entrypoint = Entrypoint } = this.#options;
    const namespaces = ['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type }));
    const [uid = 0, gid = 0] = user === undefined ? User.split(':').map(Number) : [user, group];
    return {
      ociVersion: '1.0.2',
      process: {
        user: { uid, gid },
        args: entrypoint,
        env: Env,
        cwd: '/',
        noNewPrivileges: true,
        capabilities: {},
      },
      root: { path: image.rootfs, readonly: true },
      mounts: [...systemMounts, ...folders.map(toSamePath), ...mounts.map(toMount)],
      linux: {
        namespaces: [...namespaces, ...(network === undefined ? [] : [{ type: 'network', path: network }])],
        ...(limits && { resources: toResources(limits) }),
        ...(seccomp && { seccomp }),
      },
    };
  }
}

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
];

function toSamePath(folder: string): object {
  return toMount({ source: folder, destination: folder, readOnly: false });
}

function toMount({ source, destination, readOnly }: Mount): object {
  return { destination, type: 'bind', source, options: ['bind', readOnly ? 'ro' : 'rw'] };
}

/** What kubelet asks the runtime for: no swap, and a share of every 100 ms. */
function toResources({ memoryBytes, milliCpu }: NonNullable<ContainerOptions['limits']>): object {
  return {
    memory: { limit: memoryBytes, swap: memoryBytes },
    ...(milliCpu !== undefined && { cpu: { period: 100_000, quota: milliCpu * 100 } }),
  };
}
