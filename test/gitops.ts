import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { serverDir } from './servers/build.ts';

/** A resource as JSON. */
export type Resource = Readonly<Record<string, unknown>>;

/** What Argo CD ignores about a kind. */
export interface IgnoredDifferences {
  readonly group?: string;
  readonly kind?: string;
  readonly managedFieldsManagers?: readonly string[];
  readonly jsonPointers: readonly string[];
}

export interface ArgoActions {
  readonly 'discovery.lua': string;
  readonly definitions: readonly { readonly name: string; readonly 'action.lua': string }[];
}

/** `data` of `deploy/gitops/argocd/argocd-cm.yaml`. */
export function readArgoSettings(): Readonly<Record<string, string>> {
  // What the file holds is proven by its tests.
  return (
    parse(readFileSync('deploy/gitops/argocd/argocd-cm.yaml', 'utf8')) as { data: Readonly<Record<string, string>> }
  ).data;
}

const settings = readArgoSettings();
const kind = 'lockstep.dev_SecretProviderClassSync';
const health = settings[`resource.customizations.health.${kind}`] ?? '';
const actions = parse(settings[`resource.customizations.actions.${kind}`] ?? '') as ArgoActions;

/** Names of the actions that the settings define, in order. */
export const actionNames = actions.definitions.map(({ name }) => name);

/** How healthy Argo CD takes a SecretProviderClassSync for. */
export function argoHealth(object: Resource): { readonly status: string; readonly message: string } {
  return runLua(health, object) as { status: string; message: string };
}

/** Names of the actions that Argo CD offers, sorted. */
export function argoActions(object: Resource): readonly string[] {
  const found = runLua(actions['discovery.lua'], object) as Readonly<Record<string, { readonly disabled: boolean }>>;
  return Object.keys(found)
    .filter((name) => !found[name]?.disabled)
    .toSorted();
}

/** What an action makes of an object. */
export function runArgoAction(name: string, object: Resource): Resource {
  const action = actions.definitions.find((each) => each.name === name);
  if (action === undefined) throw new Error(`no action ${name}`);
  return runLua(action['action.lua'], object) as Resource;
}

/** What Flux, and whatever else uses kstatus, takes an object for. */
export function kstatus(object: Resource): { readonly status: string; readonly message: string } {
  return runTool('kstatus', object) as { status: string; message: string };
}

function runLua(script: string, object: Resource): unknown {
  return runTool('argo-lua', { script, object });
}

/** Programs of test/servers/gitops: JSON in, JSON out. */
function runTool(name: string, input: Resource): unknown {
  const options = { input: JSON.stringify(input), encoding: 'utf8' } as const;
  return JSON.parse(execFileSync(join(serverDir('gitops'), name), options));
}
