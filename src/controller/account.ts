import type { KubeObject } from '../kube/objects.ts';

/** What decides who a service account is at a store. */
export interface AccountObject {
  readonly uid: string;
  readonly roleArn: string | undefined;
}

/** The annotation that EKS reads. */
const roleAnnotation = 'eks.amazonaws.com/role-arn';

/** What a watch keeps of a service account. */
export function toAccount({ metadata }: KubeObject): AccountObject {
  return { uid: metadata.uid, roleArn: metadata.annotations?.[roleAnnotation] };
}
