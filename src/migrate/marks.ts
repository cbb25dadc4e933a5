import type { SourceObject } from './source-object.ts';
import { membersOf } from './source-object.ts';

export interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Labels and annotations that the operator copies from an ExternalSecret without a template to its Secret. Those by which other
 * tools know what is theirs are left out: on a Secret that they did not make they do harm.
 */
export function copiedMarks({ body }: SourceObject): Marks {
  const { labels, annotations } = membersOf(body['metadata']);
  return { labels: pick(labels), annotations: pick(annotations) };
}

function pick(map: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(membersOf(map));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !isOfTool(entry[0])),
  );
}

function isOfTool(key: string): boolean {
  const [prefix = '', name] = key.split('/');
  if (name === undefined) return key === 'force-sync';
  return tools.some((tool) => prefix === tool || prefix.endsWith(`.${tool}`)) || key === managedBy || key === instance;
}

/** Helm and Argo CD take what carries these for a part of a release or an application. */
const managedBy = 'app.kubernetes.io/managed-by';
const instance = 'app.kubernetes.io/instance';
const tools = ['kubectl.kubernetes.io', 'argoproj.io', 'fluxcd.io', 'helm.sh', 'external-secrets.io', 'lockstep.dev'];
