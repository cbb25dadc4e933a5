import type { Report } from './finding.ts';
import { describeSource, membersOf, type PathStep, type SourceObject } from './source-object.ts';
import { templateOf } from './workloads.ts';

const domain = 'reloader.stakater.com';

/** What each annotation of Reloader is in lockstep, by key without the domain. */
const meanings: ReadonlyMap<string, string> = new Map([
  [
    'auto',
    'restarts the workload for whatever it reads; for Secrets that lockstep keeps, label it lockstep.dev/rollout: restart, or set spec.rollout.mode: Restart on the SecretProviderClassSync for all that use the Secret',
  ],
  [
    'secret.auto',
    'restarts the workload for the Secrets that it reads; label it lockstep.dev/rollout: restart, or set spec.rollout.mode: Restart on the SecretProviderClassSync',
  ],
  [
    'secret.reload',
    'names Secrets; label the workload lockstep.dev/rollout: restart: lockstep finds by itself which Secrets the pods read, and leaves those alone that they do not read',
  ],
  [
    'secretproviderclass.auto',
    'restarts the workload for the classes that it mounts; label it lockstep.dev/rollout: restart: lockstep finds by itself what it mounts, where a SecretProviderClassSync keeps Secrets of the class',
  ],
  [
    'secretproviderclass.reload',
    'names classes; label the workload lockstep.dev/rollout: restart: lockstep finds by itself what it mounts, where a SecretProviderClassSync keeps Secrets of the class',
  ],
  [
    'search',
    'restarts the workload for what is marked with match; label it lockstep.dev/rollout: restart, or off where it shall not',
  ],
  [
    'match',
    'marks this object for workloads with search; set spec.rollout.mode: Restart on the SecretProviderClassSync that keeps it',
  ],
  ['ignore', 'takes this object out; leave spec.rollout.mode of its SecretProviderClassSync at Off'],
  [
    'secrets.exclude.reload',
    'takes Secrets out; lockstep restarts for the keys that the pods use. Set spec.rollout.mode: Off on the SecretProviderClassSync of that Secret and label the other workloads',
  ],
  ['rollout-strategy', 'is about Argo Rollouts, which lockstep does not restart; leave this workload with Reloader'],
  [
    'deployment.pause-period',
    'waits before the restart; spec.rollout has windows, approval: Manual and canary.soak instead',
  ],
]);

/** Names the setting of lockstep for every annotation of Reloader on an object; they say nothing to it unless it is told so. */
export function reportReloader(source: SourceObject, report: Report): void {
  reportAt(source, ['metadata', 'annotations'], report);
  if (source.kind !== 'Pod') reportTemplate(source, report);
}

function reportTemplate(source: SourceObject, report: Report): void {
  const annotations = membersOf(membersOf(templateOf(source)['metadata'])['annotations']);
  const prefix = source.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  reportAll(source, { annotations, path: [...prefix, 'metadata', 'annotations'] }, report);
}

function reportAt(source: SourceObject, path: readonly PathStep[], report: Report): void {
  const annotations = membersOf(membersOf(source.body['metadata'])['annotations']);
  reportAll(source, { annotations, path }, report);
}

interface Annotated {
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly path: readonly PathStep[];
}

function reportAll(source: SourceObject, { annotations, path }: Annotated, report: Report): void {
  for (const key of Object.keys(annotations)) {
    const meaning = meaningOf(key);
    if (meaning === undefined) continue;
    report({
      file: source.file,
      line: source.lineOf([...path, key]),
      severity: 'warning',
      rule: 'reloader',
      object: describeSource(source),
      path: `${path.join('.')}[${JSON.stringify(key)}]`,
      message: `${meaning}. Remove the annotation in the same change, so that one tool restarts`,
    });
  }
}

function meaningOf(key: string): string | undefined {
  const [prefix = '', name = ''] = key.split('/');
  if (prefix !== domain && !prefix.endsWith(`.${domain}`)) return undefined;
  // Written by Reloader itself.
  if (name === 'last-reloaded-from' || name === 'paused-at') return undefined;
  const kind = prefix.slice(0, -domain.length);
  if (/^configmaps?\./.test(kind)) return 'is about ConfigMaps, which lockstep does not follow; leave it to Reloader';
  return meanings.get(`${kind}${name}`) ?? 'is not known to this command; look up what it is for';
}
