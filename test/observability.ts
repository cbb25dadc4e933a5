import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One query of a panel. */
export interface PanelQuery {
  readonly panel: string;
  readonly expr: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export const alertsFile = 'deploy/observability/alerts.yaml';

/** Rules of `deploy/observability/alerts.yaml`. */
export function readAlerts(): readonly AlertRule[] {
  // What the file holds is proven by promtool.
  const file = parse(readFileSync(alertsFile, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

/** Panels of `deploy/observability/dashboard.json`, rows too. */
export function readPanels(): readonly Panel[] {
  // What the file holds is proven by its tests.
  const file = JSON.parse(readFileSync('deploy/observability/dashboard.json', 'utf8')) as { panels: readonly Panel[] };
  return file.panels;
}

/** Every query of the dashboard. */
export function readQueries(): readonly PanelQuery[] {
  return readPanels().flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
}

/** Names of our own series in an expression, as docs/metrics.md has them. */
export function metricsOf(expr: string): readonly string[] {
  const names = expr.matchAll(/\blockstep_\w+/g);
  return [...new Set([...names].map(([name]) => name.replace(/_(bucket|count|sum)$/, '')))];
}
