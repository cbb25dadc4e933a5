import { type KubeObject, membersOf } from '../../kube/objects.ts';
import { templateOf } from './workload.ts';

const image = /(^|\/)reloader([:@]|$)/;

/** Whether a Deployment is Stakater's Reloader, by the image of one of its containers: its names are anybody's choice. */
export function isReloader(deployment: KubeObject): boolean {
  const { containers } = membersOf(templateOf('Deployment', deployment)['spec']);
  return Array.isArray(containers) && containers.some((container) => image.test(String(membersOf(container)['image'])));
}
