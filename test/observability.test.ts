import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { createMetrics } from '../src/platform/metrics.ts';
import { metricsOf, readAlerts, readPanels, readQueries } from './observability.ts';

/** Series of others that may stand in an expression. */
const foreign = /\b(?:kube|process|nodejs)_\w+/g;
const known = new Set([
  'kube_node_status_condition',
  'kube_pod_info',
  'kube_pod_status_ready',
  'kube_daemonset_created',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'nodejs_eventloop_lag_p99_seconds',
]);
/** Labels that Prometheus gives to every series of a target. */
const targetLabels = ['job', 'instance'];

const alerts = readAlerts();
const panels = readPanels();
const queries = readQueries();
const own = new Set((await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name));
const labels = await readLabels();

describe('what the alerts and the dashboard ask for', () => {
  const exprs = [...alerts.map(({ alert, expr }) => ({ name: alert, expr })), ...toNamed()];

  it.for(exprs)('$name: series that exist', ({ expr }) => {
    expect(metricsOf(expr).filter((name) => !own.has(name))).toEqual([]);
    expect([...expr.matchAll(foreign)].filter(([name]) => !known.has(name))).toEqual([]);
  });

  it.for(exprs)('$name: labels that they have', ({ expr }) => {
    const asked = [...expr.matchAll(/\b(lockstep_\w+?)(?:_bucket|_count|_sum)?\{([^}]*)\}/g)].flatMap(
      ([, name = '', matchers = '']) =>
        [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => ({ name, label })),
    );
    const has = (name: string): readonly string[] => [...(labels.get(name) ?? []), ...targetLabels];
    expect(asked.filter(({ name, label }) => !has(name).includes(label))).toEqual([]);
  });

  it('is every series that docs/metrics.md lists', () => {
    const asked = new Set(queries.flatMap(({ expr }) => metricsOf(expr)));
    expect([...own].filter((name) => !asked.has(name))).toEqual([]);
  });
});

describe('an alert', async () => {
  const guide = await readFile('docs/observability.md', 'utf8');
  const names = alerts.map(({ alert }) => alert);

  it('is of a name that people may rely on', () => {
    expect(names.toSorted()).toEqual([
      'LockstepNoLeader',
      'LockstepNodeWithoutProvider',
      'LockstepRolloutBehindDeadline',
      'LockstepRolloutHalted',
      'LockstepSecretConflict',
      'LockstepStaleBudgetHalfSpent',
      'LockstepSyncFailing',
    ]);
  });

  it.for(alerts)('$alert has a severity, says what happens, and has a runbook', async ({ alert, ...rule }) => {
    expect(['warning', 'critical']).toContain(rule.labels['severity']);
    expect(rule.annotations).toEqual({
      summary: expect.stringMatching(/^[A-Z].*[^.]$/),
      description: expect.stringMatching(/\.$/),
      runbook_url: `docs/runbooks/${alert}.md`,
    });
    const runbook = await readFile(`docs/runbooks/${alert}.md`, 'utf8');
    expect(runbook).toMatch(new RegExp(`^# ${alert}\n`));
    const headings = [...runbook.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['What it means', 'What to look at', 'What to do']);
  });

  it.for(names)('%s is in the guide, and has tests of its own', (alert) => {
    expect(guide).toContain(`[${alert}](runbooks/${alert}.md)`);
    expect(existsSync(`test/alerts/${alert}.yaml`)).toBe(true);
  });

  it('is what every runbook is about', async () => {
    expect((await readdir('docs/runbooks')).toSorted()).toEqual(names.map((name) => `${name}.md`).toSorted());
  });
});

describe('a panel', () => {
  const shown = panels.filter(({ type }) => type !== 'row');

  it('has an id and a title of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it.for(shown)('$title says what it shows, of the jobs that are chosen', ({ description, targets = [] }) => {
    expect(description).toMatch(/^[A-Za-z0-9].*\.$/);
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      expect(expr).toContain('job=~"$job"');
      expect(legendFormat).not.toBe('');
      expect(expr.replaceAll('[$__rate_interval]', '')).not.toContain('[');
    }
  });

  it('lies beside the others', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

function toNamed(): readonly { readonly name: string; readonly expr: string }[] {
  return queries.map(({ panel, expr }) => ({ name: `panel ${panel}`, expr }));
}

/** Labels by series, of docs/metrics.md. */
async function readLabels(): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = (await readFile('docs/metrics.md', 'utf8')).split('\n');
  const rows = lines.flatMap((line) => {
    const [, name, , cell = ''] = /^\| `(lockstep_\w+)` \| (\w+) \| ([^|]*)\|/.exec(line) ?? [];
    return name === undefined ? [] : [[name, [...cell.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)] as const];
  });
  return new Map(rows);
}
