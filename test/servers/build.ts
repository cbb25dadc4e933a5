/**
 * Builds the real servers of the e2e from public Go modules, once per machine: `node test/servers/build.ts`.
 * One module per server, because their dependencies conflict. Results stand in a cache outside the checkout, keyed by
 * go.mod, go.sum and the sources beside them, so a clean clone on a warm machine builds nothing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folder of everything that the e2e builds: `$XDG_CACHE_HOME/lockstep`, or `~/.cache/lockstep`. */
export function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'lockstep');
}

/** First 12 hex digits of the SHA-256 of these files, one after the other. */
export function filesKey(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 12);
}

/** Where the binaries of a server stand once they are built. `server` is a folder beside this file. */
export function serverDir(server: string): string {
  const source = join(import.meta.dirname, server);
  const files = ['go.mod', 'go.sum', ...globSync('**/*.go', { cwd: source }).toSorted()];
  return join(cacheDir(), 'servers', `${server}-${filesKey(files.map((file) => join(source, file)))}`);
}

/** Servers whose binaries are missing here. */
export function missingServers(): readonly string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isServer(entry.name))
    .map((entry) => entry.name)
    .filter((server) => !existsSync(join(serverDir(server), '.done')));
}

/** Builds what is missing, one after the other: a Go build uses every core by itself. Throws where a build fails. */
export function buildServers(print: (line: string) => void): void {
  for (const server of missingServers()) {
    const start = Date.now();
    print(`building ${server} …`);
    buildServer(server);
    print(`built ${server} in ${Math.round((Date.now() - start) / 1000)} s`);
  }
}

/** Folder of a Go module that a server is built from (for its CRDs); downloads the module where it is not there yet. */
export function moduleDir(server: string, module: string): string {
  return inCopy(server, (cwd) => {
    go(cwd, ['mod', 'download', module]);
    return go(cwd, ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', module]).trim();
  });
}

/** A helper module has no `tool` line. */
function isServer(name: string): boolean {
  return /^tool\b/m.test(readFileSync(join(import.meta.dirname, name, 'go.mod'), 'utf8'));
}

const buildFlags: Readonly<Record<string, readonly string[]>> = {
  // Its storage and database plug-ins need modules that the minimal build leaves out, hence -mod=mod.
  vault: ['-tags', 'minimal', '-mod=mod'],
  // Without what finds targets at clouds, which takes most of the time.
  prometheus: ['-tags', 'remove_all_sd'],
  'external-secrets': ['-mod=mod'],
};

/** Servers of which a part is built: their go.mod takes the module from ./source, a copy with the files of ./patch over it. */
const patched: Readonly<Record<string, string>> = {
  // Without its forty other stores, which take most of the time.
  'external-secrets': 'github.com/external-secrets/external-secrets@v0.20.4',
};

/** Folder of the module that a patched server is built from, as it was published (for its CRDs). */
export function publishedDir(server: string): string {
  // Not in the server's own folder, whose go.mod replaces the module.
  const answer = go(tmpdir(), ['mod', 'download', '-json', patched[server] ?? server]);
  return (JSON.parse(answer) as { readonly Dir: string }).Dir;
}

function buildServer(server: string): void {
  const out = serverDir(server);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  inCopy(server, (cwd) => {
    if (server in patched) patch(server, cwd);
    go(cwd, ['build', ...(buildFlags[server] ?? []), '-ldflags=-s -w', '-o', `${out}/`, 'tool']);
  });
  writeFileSync(join(out, '.done'), '');
}

/** What Go has downloaded cannot be written. */
function patch(server: string, cwd: string): void {
  const source = join(cwd, 'source');
  cpSync(publishedDir(server), source, { recursive: true });
  execFileSync('chmod', ['-R', 'u+w', source]);
  cpSync(join(cwd, 'patch'), source, { recursive: true });
}

/** Runs in a copy of this folder: `-mod=mod` may rewrite go.mod, and the checkout stays as it is. */
function inCopy<T>(server: string, run: (cwd: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'lockstep-build-'));
  try {
    cpSync(import.meta.dirname, copy, { recursive: true });
    return run(join(copy, server));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function go(cwd: string, args: readonly string[]): string {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
  return execFileSync('go', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

if (import.meta.main) buildServers(console.log);
