import { type KubeObject, membersOf } from '../../kube/objects.ts';
import { templateOf } from './workload.ts';

const reloader = /(^|\/)reloader([:@]|$)/;

/** Whether an image is Reloader's, wherever it was mirrored to. */
export function isReloaderImage(image: string): boolean {
  return reloader.test(image);
}

/** Whether a Deployment is Stakater's Reloader, by the image of one of its containers: its names are anybody's choice. */
export function isReloader(deployment: KubeObject): boolean {
  const { containers } = membersOf(templateOf('Deployment', deployment)['spec']);
  return (
    Array.isArray(containers) && containers.some((container) => isReloaderImage(String(membersOf(container)['image'])))
  );
}
