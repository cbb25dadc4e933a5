import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { layers } from '../layers.ts';
import { controllerFlags } from '../src/config/controller-flags.ts';
import { parseSync } from '../src/controller/parse-sync.ts';
import { catalogue } from '../src/core/errors.ts';
import { rolloutStates } from '../src/rollout/rollout-status.ts';
import { lintManifest } from '../src/spc/lint.ts';
import {
  commandsIn,
  fencesIn,
  flagOf,
  headingsIn,
  linksIn,
  mistakeIn,
  type Page,
  readPages,
  readProgram,
  spansIn,
  toLockstep,
} from './guides.ts';

const pages = await readPages();
const program = await readProgram();
const values = parse(await readFile('deploy/charts/lockstep/values.yaml', 'utf8'));

/** Of kubectl, Helm, npm, the API server, the driver, other providers and tools. */
const foreignFlags = new Set([
  '--cascade',
  '--encryption-provider-config',
  '--rotation-poll-interval',
  '--enable-secret-rotation',
  '--force-conflicts',
  '--provider-volume',
  '--register-with-taints',
  '--resources-to-ignore',
  '--reset-then-reuse-values',
  '--reuse-values',
  '--set',
  '--take-ownership',
  '--taints',
  '--timestamp',
  '--wait',
]);

describe.for(pages.map((page) => [page.path, page] as const))('%s', ([, page]) => {
  it('shows commands and flags that exist', () => {
    const found = commandsIn(page).flatMap((words) => {
      const own = toLockstep(words);
      const mistake = own && mistakeIn(own, program);
      return mistake === undefined ? [] : [`${words.join(' ')}: ${mistake}`];
    });
    expect(found).toEqual([]);
  });

  it('names flags that exist', () => {
    const all = new Set([...program.values()].flatMap((flags) => [...flags]));
    const named = spansIn(page).flatMap((span) => flagOf(span) ?? []);
    expect(named.filter((flag) => !all.has(flag) && !foreignFlags.has(flag))).toEqual([]);
  });

  it('links to headings that exist', () => {
    const missing = linksIn(page).filter(({ file, heading }) => {
      const target = pages.find(({ path }) => path === file);
      return heading !== '' && target !== undefined && !headingsIn(target).includes(heading);
    });
    expect(missing).toEqual([]);
  });

  it('sets values that the chart has', () => {
    const set = commandsIn(page).flatMap((words) =>
      words[0] === 'helm' && words.includes('deploy/charts/lockstep') ? valuesIn(words) : [],
    );
    const named = spansIn(page).flatMap((span) => /^([a-zA-Z]+\.[a-zA-Z.]+)(=.*)?$/.exec(span)?.[1] ?? []);
    const ours = named.filter((path) => (path.split('.')[0] ?? '') in values && !notValues.test(path));
    expect([...set, ...ours].filter((path) => !hasValue(path))).toEqual([]);
  });

  it('has manifests that are right', () => {
    const texts = fencesIn(page, 'yaml');
    const findings = texts.flatMap((text) => lintManifest(text, page.path));
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const syncs = texts
      .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()))
      .filter((object) => object?.kind === 'SecretProviderClassSync')
      .map((object) => parseSync(object));
    expect(
      syncs.flatMap(({ problems, rollout }) => [...problems, ...(rollout.spec.ok ? [] : rollout.spec.problems)]),
    ).toEqual([]);
  });
});

describe('docs/README.md', () => {
  const linked = new Set(linksIn(pageAt('docs/README.md')).map(({ file }) => file));

  it.for(pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== 'docs/README.md'))(
    'leads to %s',
    (path) => {
      expect([path, path.slice(0, path.lastIndexOf('/'))].some((each) => each !== 'docs' && linked.has(each))).toBe(
        true,
      );
    },
  );
});

describe('docs/rollouts.md', async () => {
  const { text } = pageAt('docs/rollouts.md');
  const crd = parse(await readFile('deploy/crds/secretproviderclasssyncs.yaml', 'utf8'));
  const { spec, status } = crd.spec.versions[0].schema.openAPIV3Schema.properties;
  const flags = Object.entries(controllerFlags).flatMap(([key, { group }]) => (group === 'Rollouts' ? key : []));

  it.for([
    ...rolloutStates,
    ...Object.keys(spec.properties.rollout.properties),
    ...Object.keys(status.properties.rollout.properties),
  ])('tells of %s', (word) => {
    expect(text).toMatch(new RegExp(`\`[^\`\n]*\\b${word}\\b[^\`\n]*\``));
  });

  it('tells of the flags', () => {
    const named = new Set(spansIn(pageAt('docs/rollouts.md')));
    const wanted = flags.map((key) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    expect(wanted.filter((flag) => !named.has(flag))).toEqual([]);
  });
});

describe('docs/guides', () => {
  const guides = pages.filter(({ path }) => path.startsWith('docs/guides/'));

  it.for(guides.map(({ path }) => path))('%s quotes figures that stand in the reports', async (path) => {
    const lines = pageAt(path)
      .text.split('\n')
      .filter((line) => line.includes('/bench/') && line.startsWith('|'));
    for (const line of lines) {
      const report = /\.\.\/(bench\/[\w-]+\.md)/.exec(line)?.[1] ?? '';
      const text = await readFile(report, 'utf8');
      const figures = [...line.matchAll(/\*\*([^*]+)\*\*/g)].map(([, figure = '']) => figure);
      expect({ line, missing: figures.filter((figure) => !text.includes(figure)) }).toEqual({ line, missing: [] });
    }
  });

  it('troubleshooting.md names codes that exist', () => {
    const codes = spansIn(pageAt('docs/guides/troubleshooting.md')).filter((span) => /^[A-Z]+(_[A-Z]+)+$/.test(span));
    expect(codes.filter((code) => !(code in catalogue))).toEqual([]);
    expect(codes.length).toBeGreaterThan(40);
  });

  it('architecture.md has the folders of layers.ts, with what they import', () => {
    const rows = pageAt('docs/guides/architecture.md')
      .text.split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, folder = '']) => /^`[a-z]/.test(folder));
    const described = rows.flatMap(([, folders = '', , imports = '']) =>
      folders
        .split(', ')
        .map((folder) => folder.replaceAll('`', ''))
        .filter((folder) => folder in layers || !folder.startsWith('lockstep '))
        .map((folder) => [folder, imports] as const),
    );
    expect(described.map(([folder]) => folder).toSorted()).toEqual(Object.keys(layers).toSorted());
    const listed = described.filter(([, imports]) => !imports.startsWith('all'));
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(listed.map(([folder]) => [folder, layers[folder]?.imports.join(', ') || '–'])),
    );
  });
});

describe('the reader of pages', () => {
  const page = (text: string): Page => ({ path: 'docs/x.md', text });

  it.for([
    ['```sh\nlockstep statsu -A\n```', 'there is no command statsu'],
    ['`lockstep status --all`', 'lockstep status has no --all'],
    ['```\n$ lockstep plan db -x\n```', 'lockstep plan has no -x'],
    ['```sh\nkubectl exec POD -- lockstep lint --fix a.yaml # mends\n```', 'lockstep lint has no --fix'],
    ['```sh\nA=b npm run -s lockstep -- rollout \\\n  undo db\n```', 'there is no lockstep rollout undo'],
  ] as const)('finds the mistake in %s', ([text, mistake]) => {
    const mistakes = commandsIn(page(text)).flatMap((words) => mistakeIn(toLockstep(words) ?? [], program) ?? []);
    expect(mistakes).toEqual([mistake]);
  });

  it('knows headings as links name them', () => {
    expect(headingsIn(page('# A `B` and C\n## 5. AWS, IRSA\n### What it says'))).toEqual([
      'a-b-and-c',
      '5-aws-irsa',
      'what-it-says',
    ]);
  });
});

/** Names of files and hosts that begin like a value. */
const notValues = /\.(?:ts|md|yaml|json|sock|dev|io)$/;

function pageAt(path: string): Page {
  const page = pages.find((each) => each.path === path);
  if (page === undefined) throw new Error(`there is no ${path}`);
  return page;
}

function valuesIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    const given = word === '--set' ? (words[index + 1] ?? '') : /^--set=(.*)$/.exec(word)?.[1];
    return given === undefined ? [] : (given.replaceAll("'", '').split('=')[0] ?? []);
  });
}

function hasValue(path: string): boolean {
  let at: unknown = values;
  for (const key of path.replace(/\[\d+\]$/, '').split('.')) {
    if (typeof at !== 'object' || at === null) return false;
    const entry = Object.entries(at).find(([name]) => name === key);
    if (entry === undefined) return false;
    at = entry[1];
  }
  return true;
}
