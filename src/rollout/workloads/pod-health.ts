import { type KubeObject, membersOf } from '../../kube/objects.ts';

/** Why a pod will not become ready by itself. */
export interface PodFailure {
  /** As the kubelet has it. */
  readonly reason: string;
  /** Names the pod and the container; nothing that the kubelet or a registry wrote. */
  readonly message: string;
}

/**
 * The first container, init containers before the others, that waits for something that waiting does not bring: early, where
 * the workload itself would show it after minutes, or never. Undefined: none; and for a pod that is going anyway. Never throws.
 */
export function podFailure(pod: KubeObject): PodFailure | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const status = membersOf(pod['status']);
  const containers = [...listOf(status['initContainerStatuses']), ...listOf(status['containerStatuses'])];
  for (const container of containers) {
    const reason = failureOf(container);
    if (reason !== undefined) return { reason, message: toMessage(pod.metadata.name, container['name'], reason) };
  }
  return undefined;
}

type Members = Readonly<Record<string, unknown>>;

/** Restarts after which a container that ends is taken for broken: it may wait for others at first. */
const maxRestarts = 3;

const remedies: ReadonlyMap<string, string> = new Map([
  ['CreateContainerConfigError', 'a Secret, a ConfigMap or a key that it names is missing'],
  ['CrashLoopBackOff', `it ended ${maxRestarts} times or more; look at its log`],
  ['ImagePullBackOff', 'its image cannot be pulled'],
  ['ErrImagePull', 'its image cannot be pulled'],
]);

function failureOf(container: Members): string | undefined {
  const { waiting, terminated } = membersOf(container['state']);
  const reason = hasFailed(terminated) ? 'CrashLoopBackOff' : membersOf(waiting)['reason'];
  if (typeof reason !== 'string' || !remedies.has(reason)) return undefined;
  const restarts = container['restartCount'];
  const isEarly = reason === 'CrashLoopBackOff' && !(typeof restarts === 'number' && restarts >= maxRestarts);
  return isEarly ? undefined : reason;
}

/** kubelet, which starts it again, says that it waits for that only when it looks at the pod the next time: a minute later. */
function hasFailed(terminated: unknown): boolean {
  const { exitCode } = membersOf(terminated);
  return typeof exitCode === 'number' && exitCode !== 0;
}

function toMessage(pod: string, container: unknown, reason: string): string {
  const subject = typeof container === 'string' ? `container ${container} of pod ${pod}` : `pod ${pod}`;
  return `${subject} waits with ${reason}: ${remedies.get(reason)}`;
}

function listOf(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(membersOf) : [];
}
