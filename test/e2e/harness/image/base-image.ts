import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import type { ImageStore } from './image-store.ts';

/** Architectures as images name them, and as npm names them. */
export const architectures = { amd64: 'x64', arm64: 'arm64' } as const;
export type Architecture = keyof typeof architectures;

/** This machine's. */
export const here: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** What the Dockerfile needs of its base beside Node: the libraries that Node is linked with, and a shell for RUN. */
const packages = ['base-files', 'libstdc++6', 'libatomic1', 'dash', 'coreutils'];

/**
 * Makes an image under the name of the Dockerfile's base, for each architecture, from packages of Debian and the Node that npm
 * installs for tests. No registry of images is asked.
 */
export function createBaseImage(store: ImageStore, name: string, nodeVersion: string): void {
  store.buildah('manifest', 'create', name);
  for (const architecture of Object.keys(architectures) as Architecture[]) {
    const image = createForOne(store, architecture, nodeVersion);
    store.buildah('manifest', 'add', '--arch', architecture, '--os', 'linux', name, image);
  }
}

function createForOne(store: ImageStore, architecture: Architecture, nodeVersion: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-base-'));
  try {
    const container = store.buildah('from', '--arch', architecture, 'scratch');
    store.buildah('add', '--quiet', container, debootstrap(dir, architecture), '/');
    store.buildah('add', '--quiet', container, layOutNode(dir, architecture, nodeVersion), '/usr/local');
    const env = ['--env=PATH=/usr/local/bin:/usr/bin:/bin', '--env=HOME=/root'];
    store.buildah('config', ...env, '--arch', architecture, container);
    return store.buildah('commit', '--quiet', '--rm', container);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A tar of a Debian with `packages` unpacked and nothing of it run, so that it may be for another machine. */
function debootstrap(dir: string, architecture: Architecture): string {
  const tar = join(dir, 'debian.tar');
  const hook = join(import.meta.dirname, 'record-packages.sh');
  execFileSync(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=extract',
      `--arch=${architecture}`,
      `--include=${packages.join(',')}`,
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      `--extract-hook=sh ${hook} "$1"`,
      'bookworm',
      tar,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return tar;
}

/** A folder laid out as the official image's `/usr/local`: Node for the architecture, and npm where it is run. */
function layOutNode(dir: string, architecture: Architecture, version: string): string {
  const local = join(dir, 'local');
  const node = architecture === here ? dirname(dirname(process.execPath)) : fetchNode(dir, architecture, version);
  for (const file of ['bin/node', 'LICENSE']) cpSync(join(node, file), join(local, file));
  chmodSync(join(local, 'bin/node'), 0o755);
  if (architecture !== here) return local;
  cpSync(npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  return local;
}

/** Folder of the npm package that holds Node's binary for another machine. */
function fetchNode(dir: string, architecture: Architecture, version: string): string {
  const name = `node-linux-${architectures[architecture]}`;
  runNpm(dir, ['pack', '--silent', '--prefer-offline', `${name}@${version}`]);
  execFileSync('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: dir });
  return join(dir, 'package');
}

/** Runs the machine's npm with the machine's Node, whose settings it then finds. */
export function runNpm(cwd: string, args: readonly string[]): string {
  mkdirSync(cwd, { recursive: true });
  return execFileSync('npm', args, { cwd, env: npmEnvironment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function npmFolder(): string {
  const { PATH } = npmEnvironment();
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { env: { PATH }, encoding: 'utf8' }).trim();
  return dirname(dirname(realpathSync(npm)));
}

/** Without what `npm run` adds. */
function npmEnvironment(): { readonly PATH: string; readonly HOME: string } {
  const { PATH = '', HOME = '' } = process.env;
  const own = PATH.split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { PATH: own.join(delimiter), HOME };
}
