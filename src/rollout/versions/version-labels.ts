import { rolloutNames } from '../names.ts';
import { parseVersionName, toSourceLabel } from './version-secret.ts';

/** Marks by which another tool would take a copy for one of its own objects: prune it, overwrite it, or use it. */
const foreignLabels: ReadonlySet<string> = new Set(['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by']);
const foreignPrefixes = [
  'argocd.argoproj.io/',
  'kustomize.toolkit.fluxcd.io/',
  'helm.toolkit.fluxcd.io/',
  'helm.sh/',
  'meta.helm.sh/',
  'applyset.kubernetes.io/',
  'secrets-store.csi.k8s.io/',
  'reconcile.external-secrets.io/',
  'lockstep.dev/',
];

/** For a GitOps tool that finds the version by other means. */
export const versionAnnotations: Readonly<Record<string, string>> = {
  'argocd.argoproj.io/sync-options': 'Prune=false',
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
};

/** Labels of the version Secret `name`: those of its source that are for people and policies, and our own. */
export function toVersionLabels(
  name: string,
  sourceLabels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const kept = Object.entries(sourceLabels).filter(([label]) => !isForeign(label));
  const { source, version } = parseVersionName(name) ?? { source: name, version: '' };
  return {
    ...Object.fromEntries(kept),
    [rolloutNames.pinnedSource]: toSourceLabel(source),
    [rolloutNames.version]: version,
  };
}

function isForeign(label: string): boolean {
  return foreignLabels.has(label) || foreignPrefixes.some((prefix) => label.startsWith(prefix));
}
