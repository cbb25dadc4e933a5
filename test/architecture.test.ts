import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compositionRoots, layers } from '../layers.ts';

const run = promisify(execFile);
const folders = Object.keys(layers);
/** Generated code is not linted. */
const fenced = folders.filter((folder) => folder !== 'gen');
const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: Record<string, string> };
const packages = Object.keys(manifest.dependencies);

describe('the layer table', () => {
  it('names every folder of src', async () => {
    const present = (await readdir('src', { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => entry.parentPath.slice('src/'.length))
      .filter((folder) => folder !== '');

    for (const folder of new Set(present)) {
      expect(
        folders.some((known) => folder === known || folder.startsWith(`${known}/`)),
        `src/${folder} is in no row of layers.ts`,
      ).toBe(true);
    }
  });

  it('names every file beside the folders', async () => {
    const files = (await readdir('src')).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

    expect(files.filter((file) => !(file.slice(0, -'.ts'.length) in compositionRoots))).toEqual([]);
  });

  it('gives every runtime dependency a home', () => {
    const homes = new Set(Object.values(layers).flatMap((layer) => layer.packages));

    expect(packages.filter((name) => !homes.has(name))).toEqual([]);
  });
});

describe('the import fences', () => {
  let sandbox: string;
  let findings: ReadonlyMap<string, number>;

  beforeAll(async () => {
    sandbox = await mkdtemp(join(tmpdir(), 'lockstep-fences-'));
    for (const file of ['oxlint.config.ts', 'layers.ts', 'scripts/fences.ts', 'tsconfig.json', 'package.json']) {
      await cp(file, join(sandbox, file), { recursive: true });
    }
    await symlink(join(process.cwd(), 'node_modules'), join(sandbox, 'node_modules'));
    for (const folder of fenced) {
      await plant(`src/${folder}/forbidden.ts`, forbiddenImports(folder));
      await plant(`src/${folder}/allowed.ts`, allowedImports(folder));
    }
    findings = await lint();
  });

  afterAll(() => rm(sandbox, { recursive: true, force: true }));

  it.for(fenced)('src/%s: every planted violation is caught', (folder) => {
    expect(findings.get(`src/${folder}/forbidden.ts`)).toBe(forbiddenImports(folder).length);
  });

  it.for(fenced)('src/%s: what its row allows is let through', (folder) => {
    expect(findings.get(`src/${folder}/allowed.ts`) ?? 0).toBe(0);
  });

  async function plant(file: string, imports: readonly string[]): Promise<void> {
    await mkdir(dirname(join(sandbox, file)), { recursive: true });
    await writeFile(join(sandbox, file), imports.map((name) => `import '${name}';\n`).join(''));
  }

  async function lint(): Promise<ReadonlyMap<string, number>> {
    const output = await run(
      process.execPath,
      [join('node_modules', 'oxlint', 'bin', 'oxlint'), '--format=json', 'src'],
      {
        cwd: sandbox,
        maxBuffer: 1 << 26,
      },
    ).catch((error: unknown) => error as { stdout: string });
    const { diagnostics } = JSON.parse(output.stdout) as { diagnostics: { code: string; filename: string }[] };
    const counts = new Map<string, number>();
    for (const { filename } of diagnostics.filter(({ code }) => code.includes('no-restricted-imports'))) {
      counts.set(filename, (counts.get(filename) ?? 0) + 1);
    }
    return counts;
  }
});

function up(folder: string): string {
  return '../'.repeat(folder.split('/').length);
}

function rootsFor(folder: string, isAllowed: boolean): string[] {
  return Object.entries(compositionRoots)
    .filter(([, importers]) => importers.includes(folder) === isAllowed)
    .map(([name]) => `${up(folder)}${name}.ts`);
}

function forbiddenImports(folder: string): string[] {
  const layer = layers[folder];
  if (layer === undefined) return [];
  return [
    ...folders
      .filter((other) => other !== folder && !layer.imports.includes(other))
      .map((other) => `${up(folder)}${other}/x.ts`),
    ...rootsFor(folder, false),
    ...packages.filter((name) => !layer.packages.includes(name)),
    ...(layer.builtins === undefined ? [] : ['node:fs', 'node:fs/promises', 'node:http']),
  ];
}

function allowedImports(folder: string): string[] {
  const layer = layers[folder];
  if (layer === undefined) return [];
  return [
    './sibling.ts',
    ...layer.imports.map((other) => `${up(folder)}${other}/x.ts`),
    ...rootsFor(folder, true),
    ...layer.packages,
    ...(layer.builtins ?? ['node:fs', 'node:fs/promises']),
  ];
}
