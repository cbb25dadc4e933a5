import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';

import { rolloutActions } from '../src/config/rollout-config.ts';

/** A text for people. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** What the program offers, by its own help: the flags of every command, `-n` and `--namespace` alike. */
export type Program = ReadonlyMap<string, ReadonlySet<string>>;

/** Pages at the root, under docs, and beside what they are about. */
export async function readPages(): Promise<readonly Page[]> {
  const below = async (folder: string): Promise<readonly string[]> =>
    (await readdir(folder, { recursive: true })).map((file) => join(folder, file));
  const files = [...(await readdir('.')), ...(await below('docs')), ...(await below('deploy'))];
  const paths = files.filter((file) => file.endsWith('.md')).toSorted();
  return await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
}

export async function readProgram(): Promise<Program> {
  const commands = await help([]);
  const names = [...(commands.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z][a-z-]*) {2,}/gm)];
  const flags = names.map(async ([, name = '']) => [name, flagsIn(await help([name]))] as const);
  return new Map(await Promise.all(flags));
}

/** Fenced code of a language; '' for one without. */
export function fencesIn({ text }: Page, language: string): readonly string[] {
  const fences = [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)];
  return fences.filter((fence) => fence[2] === language).map((fence) => fence[3] ?? '');
}

/** Code within sentences. */
export function spansIn({ text }: Page): readonly string[] {
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((span) => span[1] ?? '');
}

/** What a reader would type, word by word: lines of shells, lines after a prompt, and code that begins with `lockstep`. */
export function commandsIn(page: Page): readonly (readonly string[])[] {
  const shells = ['sh', 'bash', 'shell'].flatMap((language) => fencesIn(page, language));
  const prompts = fencesIn(page, '').flatMap((text) => [...text.matchAll(/^\$ (.*)$/gm)].map(([, line = '']) => line));
  const spans = spansIn(page).filter((span) => /^(lockstep|helm|npm run) /.test(span));
  return [...shells, ...prompts, ...spans].flatMap(toCommands);
}

/** The words after `lockstep`; undefined for another program. */
export function toLockstep(words: readonly string[]): readonly string[] | undefined {
  const [program, verb] = words;
  if (program === 'kubectl' && verb === 'exec') return toLockstep(words.slice(words.indexOf('--') + 1));
  if (program === 'npm') return words.includes('lockstep') ? words.slice(words.indexOf('--') + 1) : undefined;
  return program === 'lockstep' ? words.slice(1) : undefined;
}

/** What the program would not take, in words; undefined: nothing. `COMMAND` and `…` stand for something. */
export function mistakeIn(words: readonly string[], program: Program): string | undefined {
  const [command = '', action = ''] = words;
  if (isPlaceholder(command) || command.startsWith('-')) return undefined;
  const flags = program.get(command);
  if (flags === undefined) return `there is no command ${command}`;
  const isKnown = isPlaceholder(action) || action.startsWith('-') || rolloutActions.some((each) => each === action);
  if (command === 'rollout' && !isKnown) return `there is no lockstep rollout ${action}`;
  const wrong = words.map(flagOf).find((flag) => flag !== undefined && !flags.has(flag));
  return wrong === undefined ? undefined : `lockstep ${command} has no ${wrong}`;
}

/** `--refresh-interval=5m` → `--refresh-interval`; undefined: it is no flag. */
export function flagOf(word: string): string | undefined {
  return /^(--[a-z][\w-]*|-[a-zA-Z])(?=$|[=\s])/.exec(word)?.[1];
}

/** Links into the repository: the file, and the heading after `#`. */
export function linksIn({ path, text }: Page): readonly { readonly file: string; readonly heading: string }[] {
  const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  return links.map(([, file = '', heading = '']) => ({
    file: file === '' ? path : normalize(join(path, '..', file)).replace(/\/$/, ''),
    heading,
  }));
}

/** Headings as links name them. */
export function headingsIn({ text }: Page): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

async function help(command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['src/main.ts', ...command, '--help']);
  return stdout;
}

function flagsIn(text: string): ReadonlySet<string> {
  const lines = [...text.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)];
  return new Set(lines.flatMap(([, short, long = '']) => (short === undefined ? long : [short, long])));
}

function toCommands(text: string): readonly (readonly string[])[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.flatMap((line) =>
    line
      .replace(/(^|\s)#.*$/, '')
      .split(/\|\|?|&&|;/)
      .map((command) => command.trim().split(/\s+/))
      .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)))),
  );
}

function isPlaceholder(word: string): boolean {
  return word === '' || word === '…' || /^[A-Z…]+$/.test(word);
}
