import type { Clock } from '../../platform/clock.ts';
import type { AddressType, AgentAnswer, AskAgent } from './agent.ts';
import type { AwsCall } from './call.ts';
import { invalidAnswerError, refusalError } from './errors.ts';
import type { LoginRequest } from './login.ts';
import type { RunCall } from './run-call.ts';
import { type AwsKeys, Session } from './session.ts';
import { describeAccount, findToken } from './token.ts';

export interface PodIdentityDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly run: RunCall;
  readonly askAgent: AskAgent;
}

/** EKS Pod Identity: the agent on the node turns the pod's token into the role that is associated with its account. */
export async function logInThroughAgent(
  { clock, run, askAgent }: PodIdentityDeps,
  addressType: AddressType,
  { region, identity, caller, signal }: LoginRequest,
): Promise<Session> {
  const token = findToken(caller, identity.audience).reveal().toString();
  const call: AwsCall = {
    operation: 'pod_identity',
    action: 'eks-auth:AssumeRoleForPodIdentity',
    target: 'the agent of the node',
    region,
    principal: describeAccount(caller),
    remedy:
      `Check that EKS associates a role with ${describeAccount(caller)} in this cluster, ` +
      'and that the trust policy of the role allows sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com',
  };
  const send = async (abort: AbortSignal) => toKeys(await askAgent({ token, addressType, signal: abort }), call);
  const { keys, endsAtMs } = await run(call, send, { signal });
  const principal = `the Pod Identity role of ${describeAccount(caller)}`;
  return new Session({ keys, region, principal, createdAtMs: clock.now(), endsAtMs });
}

interface AgentKeys {
  readonly keys: AwsKeys;
  readonly endsAtMs: number;
}

function toKeys({ status, body }: AgentAnswer, call: AwsCall): AgentKeys {
  const members = parseMembers(body);
  if (status !== 200) {
    throw refusalError({ name: members?.get('code') ?? '', message: members?.get('message') ?? body, status }, call);
  }
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'Token'].map((name) =>
    members?.get(name),
  );
  if (!accessKeyId || !secretAccessKey || !sessionToken) {
    throw invalidAnswerError(call, 'the answer holds no credentials');
  }
  return { keys: { accessKeyId, secretAccessKey, sessionToken }, endsAtMs: toEnd(members?.get('Expiration'), call) };
}

/** The members that are texts; undefined: no JSON object. */
function parseMembers(body: string): ReadonlyMap<string, string> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries: [string, unknown][] = Object.entries(parsed);
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return undefined;
  }
}

/** Parity: no end is no end. One that has passed is used this once. */
function toEnd(expiration: string | undefined, call: AwsCall): number {
  if (expiration === undefined) return Infinity;
  const endsAtMs = Date.parse(expiration);
  if (Number.isNaN(endsAtMs)) throw invalidAnswerError(call, 'the end of the credentials is no date');
  return endsAtMs;
}
