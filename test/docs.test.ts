import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { catalogue } from '../src/core/errors.ts';
import { createMetrics } from '../src/platform/metrics.ts';

const manifest = JSON.parse(await readFile('package.json', 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

describe('docs/errors.md', async () => {
  const rows = tableRows(await readFile('docs/errors.md', 'utf8'));

  it.for(Object.entries(catalogue))('lists %s with its status, retry and fault', ([code, entry]) => {
    const row = rows.get(code);

    expect(row?.slice(0, 3)).toEqual([entry.status, entry.retry ? 'yes' : 'no', entry.fault]);
  });

  it('names no code that does not exist', () => {
    expect([...rows.keys()].filter((code) => !(code in catalogue))).toEqual([]);
  });
});

describe('docs/metrics.md', async () => {
  const rows = tableRows(await readFile('docs/metrics.md', 'utf8'));
  const metrics = await createMetrics().registry.getMetricsAsJSON();

  it('lists every series with its type, and no other', () => {
    expect(Object.fromEntries([...rows].map(([name, cells]) => [name, cells[0]]))).toEqual(
      Object.fromEntries(metrics.map(({ name, type }) => [name, String(type)])),
    );
  });
});

describe('the texts', async () => {
  const files = [
    ...(await readdir('.')),
    ...(await readdir('docs', { recursive: true })).map((file) => join('docs', file)),
  ];
  const texts = files.filter((file) => file.endsWith('.md'));

  it.for(texts)('%s links to files that exist', async (file) => {
    const text = await readFile(file, 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');

    expect(targets.filter((target) => !existsSync(join(dirname(file), target)))).toEqual([]);
  });

  it.for(texts)('%s names npm scripts that exist', async (file) => {
    const text = await readFile(file, 'utf8');
    const scripts = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? '');

    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });
});

describe('versions', () => {
  it('Node is one version in package.json and the Dockerfile', async () => {
    const dockerfile = await readFile('Dockerfile', 'utf8');
    const images = [...dockerfile.matchAll(/^FROM node:(\d+\.\d+\.\d+)-/gm)].map((match) => match[1] ?? '');

    expect(new Set([...Object.values(manifest.optionalDependencies), ...images]).size).toBe(1);
  });

  it('the quick start builds the version of package.json', async () => {
    const guide = await readFile('docs/guides/quick-start.md', 'utf8');
    expect(new Set([...guide.matchAll(/lockstep:(\d\S+)/g)].map(([, version]) => version))).toEqual(
      new Set([manifest.version]),
    );
  });

  it('the changelog starts with what is unreleased', async () => {
    expect(await readFile('CHANGELOG.md', 'utf8')).toMatch(/^# Changelog\n[\s\S]*?\n## \[?Unreleased/);
  });
});

/** Rows of the tables whose first cell is a name in backquotes: name → the other cells. */
function tableRows(markdown: string): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>();
  for (const line of markdown.split('\n')) {
    const [first, ...rest] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const name = /^`(\w+)`$/.exec(first ?? '')?.[1];
    if (name !== undefined) rows.set(name, rest);
  }
  return rows;
}
