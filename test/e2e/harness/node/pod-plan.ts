import { z } from 'zod';

/** What the scheduler or an admission plugin has read; a node makes nothing of it. */
const settled = z.unknown().optional();

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.union([z.string(), z.number()]), scheme: z.literal('HTTP') }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  failureThreshold: z.number(),
  successThreshold: z.literal(1),
});

const fields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
] as const;
const fieldRef = z.strictObject({ apiVersion: z.literal('v1'), fieldPath: z.enum(fields) });

const variable = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), valueFrom: z.strictObject({ fieldRef }) }),
]);

const mebibytes = z
  .string()
  .regex(/^\d+Mi$/)
  .transform((text) => Number.parseInt(text) * 2 ** 20);

/** The one way that `Container` runs a process. */
const locked = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
});

const containerFields = z.strictObject({
  name: z.string(),
  image: z.string(),
  // Nothing is pulled: the node has its images.
  imagePullPolicy: z.enum(['IfNotPresent', 'Never']),
  command: z.array(z.string()).min(1).optional(),
  args: z.array(z.string()).default([]),
  env: z.array(variable).default([]),
  ports: z
    .array(z.strictObject({ name: z.string(), containerPort: z.number(), protocol: z.literal('TCP') }))
    .default([]),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  // What it asks for is the scheduler's business: there is as much as there is.
  resources: z.strictObject({ requests: settled, limits: z.strictObject({ memory: mebibytes }) }),
  securityContext: locked,
  volumeMounts: z
    .array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
  // Defaults of the API server; nobody of ours writes there.
  terminationMessagePath: z.literal('/dev/termination-log'),
  terminationMessagePolicy: z.literal('File'),
});

const container = containerFields.refine(
  ({ command, args }) => command !== undefined || args.length > 0,
  'with the arguments of the image',
);

const user = z
  .strictObject({
    runAsUser: z.number(),
    runAsGroup: z.number(),
    runAsNonRoot: z.boolean().default(false),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  })
  .refine(({ runAsUser, runAsNonRoot }) => runAsUser !== 0 || !runAsNonRoot, 'root, and runAsNonRoot');

const volume = z.union([
  z.strictObject({
    name: z.string(),
    hostPath: z.strictObject({ path: z.string(), type: z.literal('DirectoryOrCreate') }),
  }),
  z.strictObject({
    name: z.string(),
    secret: z.strictObject({
      secretName: z.string(),
      defaultMode: z.number(),
      items: z.array(z.strictObject({ key: z.string(), path: z.string() })),
    }),
  }),
]);

const spec = z.strictObject({
  nodeName: z.string().optional(),
  nodeSelector: settled,
  affinity: settled,
  tolerations: settled,
  topologySpreadConstraints: settled,
  schedulerName: settled,
  priorityClassName: settled,
  priority: settled,
  preemptionPolicy: settled,
  // No name is resolved here: stores and API server are reached by address.
  dnsPolicy: z.literal('ClusterFirst'),
  enableServiceLinks: z.literal(false),
  restartPolicy: z.enum(['Always', 'Never']),
  serviceAccountName: z.string(),
  /** The former name of the same. */
  serviceAccount: z.string(),
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: user,
  initContainers: z.array(container).default([]),
  containers: z.tuple([container]),
  volumes: z.array(volume).default([]),
});

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  spec,
});

/** A pod as a node has to run it. */
export type PodPlan = z.infer<typeof pod>;
export type ContainerPlan = z.infer<typeof container>;
export type VolumePlan = z.infer<typeof volume>;
export type ProbePlan = z.infer<typeof probe>;

/**
 * Reads a pod of the API server. Throws for every member of its spec that is not played here, so that nothing passes because it
 * was ignored.
 */
export function readPod(object: unknown): PodPlan {
  const { success, data, error } = pod.safeParse(object);
  if (!success) throw new Error(`a pod that the played node does not understand:\n${z.prettifyError(error)}`);
  return data;
}
