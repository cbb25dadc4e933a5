/**
 * Renders the chart to the plain manifests of deploy/manifests and deploy/rbac: `node scripts/render-manifests.ts`. Uses the
 * helm that `node test/servers/build.ts` builds.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { serverDir } from '../test/servers/build.ts';

const root = join(import.meta.dirname, '..');
const chart = join(root, 'deploy/charts/lockstep');
/** The names for which the policies are good as they are. */
const release = ['lockstep', chart, '--namespace=lockstep-system', '--kube-version=1.36.0'];

interface Rendering {
  readonly file: string;
  /** For whoever opens the file. */
  readonly about: string;
  readonly values: readonly string[];
  /** Templates below the chart's `templates`; all unless given. */
  readonly only?: readonly string[];
  /** Kinds that are kept; all unless given. */
  readonly kinds?: readonly string[];
  readonly namespace?: true;
}

const renderings: readonly Rendering[] = [
  {
    file: 'deploy/manifests/lockstep.yaml',
    about: 'The provider on every node, the CRD and the policies: the chart with its defaults.',
    values: [],
    namespace: true,
  },
  {
    file: 'deploy/manifests/lockstep-controller.yaml',
    about: 'The same with the controller, and with rollouts.',
    values: ['controller.enabled=true', 'rollouts.enabled=true'],
    namespace: true,
  },
  {
    file: 'deploy/manifests/remove-sockets.yaml',
    about: `Removes the sockets that providers leave in place, on every node. After the provider was deleted:
#   kubectl apply -f remove-sockets.yaml
#   kubectl -n lockstep-system rollout status daemonset/lockstep-remove-sockets
#   kubectl delete -f remove-sockets.yaml`,
    values: [],
    only: ['remove-sockets.yaml'],
    kinds: ['ServiceAccount', 'DaemonSet'],
  },
  {
    file: 'deploy/rbac/controller.yaml',
    about: `What \`lockstep controller\` may do without rollouts, in the namespace lockstep-system as the service account
# lockstep-controller. To limit it to some namespaces, bind the ClusterRole by a RoleBinding in each of them in place of the
# ClusterRoleBinding, and name them with --namespaces.`,
    values: ['controller.enabled=true', 'controller.namespaceSelector=any'],
    only: ['controller/rbac.yaml'],
  },
];

/** Annotations of a hook. */
const hooks = /^  annotations:\n(?:    helm\.sh\/.*\n?)+/m;

const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: lockstep-system
  labels:
    # The provider mounts a directory of the host.
    pod-security.kubernetes.io/enforce: privileged
`;

/** Every rendered file by its path in the checkout. */
export function renderManifests(): ReadonlyMap<string, string> {
  return new Map(renderings.map((rendering) => [rendering.file, render(rendering)]));
}

function render({ about, values, only = [], kinds, namespace: withNamespace }: Rendering): string {
  const sets = values.flatMap((value) => ['--set', value]);
  const shows = only.map((template) => `--show-only=templates/${template}`);
  const documents = helm(['template', ...release, ...sets, ...shows])
    .split(/^---\n# Source: .*\n/m)
    .map((document) => document.trim())
    .filter((document) => isKept(document, kinds))
    .map((document) => (kinds ? document.replace(hooks, '').trim() : document));
  const header = `# ${about}\n# Rendered from the chart by scripts/render-manifests.ts; change it there.\n`;
  const all = [...(withNamespace ? [namespace.trim()] : []), ...documents];
  return `${header}${all.join('\n---\n')}\n`;
}

/** Helm alone knows what a hook at the end is; where kinds are named, they are no hooks any more. */
function isKept(document: string, kinds: readonly string[] | undefined): boolean {
  if (document === '') return false;
  if (kinds === undefined) return !document.includes('helm.sh/hook: post-delete');
  return kinds.some((kind) => document.includes(`\nkind: ${kind}\n`));
}

function helm(args: readonly string[]): string {
  // No settings of whoever renders.
  const env = { PATH: process.env['PATH'], HELM_NAMESPACE: '' };
  return execFileSync(join(serverDir('helm'), 'helm'), args, { env, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
}

if (import.meta.main) {
  for (const [file, text] of renderManifests()) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}
