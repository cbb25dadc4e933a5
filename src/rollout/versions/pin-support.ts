import { SecretError } from '../../core/errors.ts';
import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import { type KubeObject, membersOf, type Resource, resources } from '../../kube/objects.ts';

/** Whether mode Pin can work here. `remedy` says what a person may do; both are parts of a sentence. */
export type PinSupport =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** Of the policy of mode Pin, and of its binding. */
export const pinPolicyName = 'lockstep-pin-secrets';
const manifest = 'deploy/policies/pin-secrets.yaml';
const install = `apply ${manifest}, or use the mode Restart`;

/**
 * Asks the API server whether it knows mutating admission policies, and whether ours is there and bound. Throws KUBE_… when it
 * cannot say: what was known before stays true then.
 *
 * Ask before the first pin and every few minutes while a SecretProviderClassSync is in Pin: the policy may be installed or removed at
 * any time. Without it no new pin is written and the condition says reason and remedy; pins that stand stay, their pods start with
 * the stable Secret, and versions are kept and collected as ever. It needs `get` on both kinds, of the whole cluster.
 */
export async function checkPinSupport(client: Pick<ApiReader, 'get'>, options: CallOptions): Promise<PinSupport> {
  try {
    const policy = await client.get(resources.mutatingPolicies, { name: pinPolicyName }, options);
    if (policy === undefined) return missing(resources.mutatingPolicies);
    const binding = await client.get(resources.mutatingBindings, { name: pinPolicyName }, options);
    return binding === undefined ? missing(resources.mutatingBindings) : checkBound(binding);
  } catch (error) {
    const support = error instanceof SecretError ? toRefusal(error) : undefined;
    if (support) return support;
    throw error;
  }
}

function missing({ kind }: Resource): PinSupport {
  return { ok: false, reason: `there is no ${kind} ${pinPolicyName}`, remedy: install };
}

function checkBound(binding: KubeObject): PinSupport {
  if (membersOf(binding['spec'])['policyName'] === pinPolicyName) return { ok: true };
  const reason = `the ${resources.mutatingBindings.kind} ${pinPolicyName} is for another policy`;
  return { ok: false, reason, remedy: install };
}

function toRefusal({ code }: SecretError): PinSupport | undefined {
  if (code === 'KUBE_NOT_FOUND') {
    const reason = 'the API server does not offer MutatingAdmissionPolicy of admissionregistration.k8s.io/v1';
    return { ok: false, reason, remedy: 'update to Kubernetes 1.36 or newer, or use the mode Restart' };
  }
  if (code !== 'KUBE_FORBIDDEN') return undefined;
  const { mutatingPolicies, mutatingBindings } = resources;
  const reason = `lockstep may not look whether the policy ${pinPolicyName} is there`;
  const permission = `get on ${mutatingPolicies.plural} and ${mutatingBindings.plural} of ${mutatingPolicies.group}`;
  return { ok: false, reason, remedy: `grant it ${permission} in a ClusterRole, or use the mode Restart` };
}
