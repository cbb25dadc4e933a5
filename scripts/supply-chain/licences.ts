import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly expression: string;
  /** What the package says, word for word. */
  readonly text: string;
}

/** Licences that may be in the image. MPL-2.0 binds its own files only, and those are bundled as published. */
const allowed: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Unlicense',
];

/** Packages whose package.json does not say it as an SPDX expression; their licence files do. */
const clarified: Readonly<Record<string, string>> = { tv4: 'MIT' };

/** Packages that carry a notice at the beginning of a source file only. */
const noticed: Readonly<Record<string, string>> = { '@bufbuild/protobuf': 'dist/esm/wire/varint.js' };

/**
 * Licences of packages, given as folders below `root`. Throws one error that names every package whose licence is not allowed
 * or not known.
 */
export async function readLicences(root: string, folders: readonly string[]): Promise<readonly Licence[]> {
  const licences = await Promise.all(folders.map((folder) => readLicence(root, folder)));
  const refused = licences.filter(({ expression }) => !isAllowed(expression));
  if (refused.length > 0) {
    const list = refused.map(({ name, version, expression }) => `${name} ${version}: ${expression || 'unknown'}`);
    throw new Error(`licences that scripts/supply-chain/licences.ts does not allow in the image: ${list.join(', ')}`);
  }
  return licences;
}

/** Whether the expression can be fulfilled with allowed licences alone. Nested parentheses are refused. */
export function isAllowed(expression: string): boolean {
  const bare = expression.replace(/^\((.*)\)$/, '$1');
  if (bare.includes(' OR ')) return bare.split(' OR ').some(isAllowed);
  return bare.split(' AND ').every((id) => allowed.includes(id));
}

/** One file with a section per package: what to hand on with the image. */
export function toLicenceText(licences: readonly Licence[]): string {
  const rule = '-'.repeat(80);
  const list = licences.map(({ name, version, expression }) => `${name} ${version}: ${expression}`);
  const sections = licences.map(
    ({ name, version, expression, text }) => `${rule}\n${name} ${version} (${expression})\n\n${text.trim()}\n`,
  );
  const head = 'lockstep is bundled with these packages of npm; their sources are there, by name and version.';
  return [head, '', ...list, '', ...sections].join('\n');
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

async function readLicence(root: string, folder: string): Promise<Licence> {
  // The edge: npm has checked the file.
  const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  const { name, version, license } = manifest;
  const expression = clarified[name] ?? (typeof license === 'string' ? license : '');
  const texts = await readFiles(join(root, folder));
  if (texts.length === 0) {
    texts.push(`The package has no licence file. Its package.json says: ${expression}.`);
    // That of the Apache licence is the same everywhere.
    if (expression.includes('Apache-2.0')) texts.push(await readFile(join(root, 'LICENSE'), 'utf8'));
  }
  const source = noticed[name];
  if (source !== undefined) texts.push(toNotice(await readFile(join(root, folder, source), 'utf8')));
  return { name, version, expression, text: texts.join('\n\n') };
}

async function readFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^((un)?licen[cs]e|copying|notice)/i.test(name));
  return await Promise.all(names.toSorted().map((name) => readFile(join(folder, name), 'utf8')));
}

/** The comment at the beginning of a source. */
function toNotice(source: string): string {
  return (/^(?:\/\/.*\n)+/.exec(source)?.[0] ?? '').replaceAll(/^\/\/ ?/gm, '');
}
