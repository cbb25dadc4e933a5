/**
 * Objects of AWS Secrets Manager and of SSM Parameter Store: text from the manifest or the daemon's defaults, never a
 * secret. Empty strings never stand for "none": what is not said is left out.
 */
export type AwsRef = AwsSecretRef | AwsParameterRef;

export interface AwsSecretRef {
  readonly kind: 'aws-secret';
  readonly store: AwsStore;
  readonly request: AwsSecretRequest;
  /** What is asked in the failover region, where that is something else. */
  readonly failover?: AwsSecretRequest;
}

export interface AwsParameterRef {
  readonly kind: 'aws-parameter';
  readonly store: AwsStore;
  readonly request: AwsParameterRequest;
  /** What is asked in the failover region, where that is something else. */
  readonly failover?: AwsParameterRequest;
}

/** The regions of an object and who asks there. One AWS account per identity. */
export interface AwsStore {
  readonly region: string;
  readonly failoverRegion?: string;
  readonly identity: AwsIdentity;
}

/** How a pod becomes a role. Either way may end with a second role, usually of another account. */
export type AwsIdentity =
  | {
      readonly kind: 'irsa';
      /** Undefined: the annotation of the service account names it. */
      readonly roleArn?: string;
      /** Picks the token among those that the driver handed over. */
      readonly audience: string;
      readonly assume?: AwsAssumedRole;
    }
  | {
      readonly kind: 'pod-identity';
      /** Which address of the agent on the node is asked; `auto`: whichever answers. */
      readonly addressType: 'auto' | 'ipv4' | 'ipv6';
      readonly audience: string;
      readonly assume?: AwsAssumedRole;
    };

export interface AwsAssumedRole {
  readonly roleArn: string;
  readonly externalId?: string;
}

/** Neither version nor stage: what is current. */
export interface AwsSecretRequest {
  /** Name, ARN, or ARN without its random suffix. */
  readonly secretId: string;
  readonly versionId?: string;
  readonly versionStage?: string;
}

/** At most one of version and label; neither: the newest. */
export interface AwsParameterRequest {
  /** Name or ARN. */
  readonly name: string;
  /** A number, as text. */
  readonly version?: string;
  readonly label?: string;
}

/** The audiences that IAM's and EKS's own set-up guides use. Parity: the official provider knows no others. */
export const irsaAudience = 'sts.amazonaws.com';
export const podIdentityAudience = 'pods.eks.amazonaws.com';

/** The store side of a cache key: everything that decides who we are at AWS, and where. */
export function awsStoreKey({ kind, store }: AwsRef): string {
  const { region, failoverRegion, identity } = store;
  return JSON.stringify([kind, region, failoverRegion ?? null, awsIdentityKey(identity)]);
}

/** The identity side alone: equal for every region. */
export function awsIdentityKey(identity: AwsIdentity): string {
  const { kind, audience, assume } = identity;
  const how = identity.kind === 'irsa' ? identity.roleArn : identity.addressType;
  return JSON.stringify([kind, audience, how ?? null, assume?.roleArn ?? null, assume?.externalId ?? null]);
}

/** The request side of a cache key. Two refs with equal keys under one identity get one answer. */
export function awsRequestKey(ref: AwsRef): string {
  return JSON.stringify([toParts(ref.request), ref.failover ? toParts(ref.failover) : null]);
}

/**
 * Whether the answer may serve another pod of the same account. IRSA: the role trusts the account. Pod Identity: no, its
 * sessions are tagged with the name of the pod, and policies may look at that.
 */
export function isAwsShareable({ store }: AwsRef): boolean {
  return store.identity.kind === 'irsa';
}

function toParts(request: AwsSecretRequest | AwsParameterRequest): readonly (string | null)[] {
  if ('secretId' in request) return [request.secretId, request.versionId ?? null, request.versionStage ?? null];
  return [request.name, request.version ?? null, request.label ?? null];
}
