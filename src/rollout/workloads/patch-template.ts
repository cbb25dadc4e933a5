import type { ApiClient, CallOptions } from '../../kube/client/api-client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { workloadResources } from './workload-kind.ts';
import type { Workload } from './workload.ts';

export interface PatchTemplateDeps {
  /** Fenced: a replica that lost the lease rolls out nothing more. */
  readonly client: Pick<ApiClient, 'apply'>;
  /** To whom the annotations belong. */
  readonly fieldManager: string;
}

/**
 * Gives a pod template our annotations, and touches nothing else of the workload. `annotations`: all that are ours; one that is
 * left out goes. Taken over from whoever owns them: after an undo that is kubectl. Answers `metadata.generation` after it. Throws
 * KUBE_…, also when it is another workload of the name by now, or none.
 */
export async function patchTemplate(
  { kind, namespace, name, uid }: Pick<Workload, 'kind' | 'namespace' | 'name' | 'uid'>,
  annotations: Readonly<Record<string, string>>,
  { client, fieldManager }: PatchTemplateDeps,
  options: CallOptions,
): Promise<number> {
  const template = { metadata: { annotations } };
  const spec = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  const object = { metadata: { namespace, name, uid }, spec };
  const { metadata }: KubeObject = await client.apply(workloadResources[kind], object, {
    ...options,
    force: true,
    fieldManager,
  });
  return metadata.generation ?? 0;
}
