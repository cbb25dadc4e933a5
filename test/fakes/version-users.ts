import type { Resource } from '../../src/kube/objects.ts';
import type { FakeKube } from './kube-server.ts';
import { readingAll } from './workloads.ts';

/** What stands in the namespace `shop` and may use a version. */
export interface User {
  readonly name?: string;
  readonly namespace?: string;
  /** The annotation `lockstep.dev/pins` of its pods. */
  readonly pins?: string;
  /** The Secret that its pods name; `db` unless given. */
  readonly reads?: string;
  readonly spec?: object;
  readonly status?: object;
}

/** A pod, or what has the template of one, as the API server keeps it. */
export function putUser(kube: FakeKube, resource: Resource, user: User = {}): void {
  const { name = 'web', namespace = 'shop', pins, reads = 'db', status } = user;
  const annotations: Record<string, string> = pins === undefined ? {} : { 'lockstep.dev/pins': pins };
  const template = { metadata: { annotations }, spec: readingAll(reads) };
  const isPod = resource.kind === 'Pod';
  kube.put(resource, {
    metadata: { name, namespace, ...(isPod && { annotations }) },
    ...(isPod ? { spec: template.spec } : bodyOf(resource, template, user)),
    ...(status && { status }),
  });
}

function bodyOf({ kind }: Resource, template: object, { spec }: User): object {
  switch (kind) {
    case 'ControllerRevision':
      return { data: { spec: { template } }, revision: 1 };
    case 'CronJob':
      return { spec: { jobTemplate: { spec: { template } }, ...spec } };
    default:
      return { spec: { template, ...spec } };
  }
}
