import { type KubeObject, membersOf } from '../kube/objects.ts';
import { describeObject, listNames, specOf } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { runs } from './programs.ts';
import type { Sight } from './sight.ts';

const domain = 'reloader.stakater.com';
const modeLabel = 'lockstep.dev/rollout';

interface Workload {
  readonly object: KubeObject;
  readonly kind: string;
}

/** Reloader: whether it runs, and whether it and lockstep restart the same workloads. */
export function checkReloader(sight: Sight): readonly DoctorFinding[] {
  const running = sight.objects('deployments').filter((each) => runs(each, 'reloader'));
  if (running.length === 0) return [];
  const annotated = workloadsIn(sight).filter(({ object }) => isAnnotated(object));
  const rolling = new Set(
    sight
      .objects('syncs')
      .filter(restarts)
      .map(({ metadata }) => metadata.namespace),
  );
  const contested = annotated.filter(({ object }) => isRolledOut(object, rolling));
  return [
    ...running.map((each) => toRunning(each, annotated)),
    ...contested.map(({ object, kind }): DoctorFinding => ({
      severity: 'error',
      id: 'reloader-overlap',
      object: describeObject(kind, object),
      reason: 'Reloader restarts it by its annotations, and lockstep rolls it out: a new value restarts it twice',
      remedy: `remove the annotations of ${domain}, or label it ${modeLabel}: "off"`,
    })),
  ];
}

function workloadsIn(sight: Sight): readonly Workload[] {
  return [
    ...sight.objects('deployments').map((object) => ({ object, kind: 'Deployment' })),
    ...sight.objects('statefulSets').map((object) => ({ object, kind: 'StatefulSet' })),
    ...sight.objects('daemonSets').map((object) => ({ object, kind: 'DaemonSet' })),
  ];
}

/** On the workload, or where that has none on its pod template. */
function isAnnotated(workload: KubeObject): boolean {
  const template = membersOf(membersOf(membersOf(specOf(workload)['template'])['metadata'])['annotations']);
  return [workload.metadata.annotations ?? {}, template].some((annotations) =>
    Object.entries(annotations).some(([key, value]) => chooses(key) && value !== 'false'),
  );
}

/** `reloader.stakater.com/auto`, `secret.reloader.stakater.com/reload`; ConfigMaps are none of our business. */
function chooses(key: string): boolean {
  const [prefix = '', name = ''] = key.split('/');
  if (prefix === domain) return name === 'auto' || name === 'search';
  return (
    (prefix === `secret.${domain}` || prefix === `secretproviderclass.${domain}`) && ['auto', 'reload'].includes(name)
  );
}

function restarts(sync: KubeObject): boolean {
  const { mode } = membersOf(specOf(sync)['rollout']);
  return mode === 'Restart' || mode === 'Pin';
}

/** The label of a workload is before what a SecretProviderClassSync says. */
function isRolledOut({ metadata }: KubeObject, rolling: ReadonlySet<string | undefined>): boolean {
  const label = metadata.labels?.[modeLabel]?.toLowerCase();
  return label === undefined ? rolling.has(metadata.namespace) : label === 'restart' || label === 'pin';
}

function toRunning(deployment: KubeObject, annotated: readonly Workload[]): DoctorFinding {
  const names = annotated.map(({ object, kind }) => describeObject(kind, object));
  const many = names.length === 0 ? 'no workload in sight asks it to' : `for ${names.length}: ${listNames(names)}`;
  return {
    severity: 'info',
    id: 'reloader-running',
    object: describeObject('Deployment', deployment),
    reason: `Reloader runs and restarts workloads when Secrets change; ${many}`,
    remedy:
      'nothing, while rollouts of lockstep are off there; lockstep migrate names the settings that take its place',
  };
}
