import { pinPolicyName } from '../rollout/versions/pin-support.ts';
import { membersOf } from '../kube/objects.ts';
import { type DoctorFinding, theCluster } from './finding.ts';
import { listNames, specOf } from './describe.ts';
import type { Sight } from './sight.ts';

/** What of lockstep itself is missing. */
export function checkInstall(sight: Sight): readonly DoctorFinding[] {
  return [...checkCrds(sight), ...checkPolicies(sight), ...checkController(sight), ...checkPin(sight)];
}

function checkCrds(sight: Sight): readonly DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  if (!sight.isServed('syncs')) {
    findings.push({
      severity: 'error',
      id: 'crds-missing',
      object: theCluster,
      reason: 'the API server knows no SecretProviderClassSync, so that the controller has nothing to do',
      remedy: 'kubectl apply -f deploy/crds',
    });
  }
  if (!sight.isServed('classes')) {
    findings.push({
      severity: 'error',
      id: 'driver-crds-missing',
      object: theCluster,
      reason: 'the API server knows no SecretProviderClass, which says where values are',
      remedy: 'install the Secrets Store CSI driver; where no pod mounts, its CRDs are enough',
    });
  }
  return findings;
}

/** Those that are shipped, but for the one of rollout mode Pin. */
export const shippedPolicies: readonly string[] = [
  'lockstep-approvals',
  'lockstep-class-authors',
  'lockstep-sync-authors',
  'lockstep-token-requests',
  'lockstep-token-secrets',
];

function checkPolicies(sight: Sight): readonly DoctorFinding[] {
  // Whoever has no SecretProviderClassSync needs no policies for them.
  if (!sight.isKnown('validatingPolicies') || !sight.isServed('syncs')) return [];
  const present = new Set(sight.objects('validatingPolicies').map(({ metadata }) => metadata.name));
  const missing = shippedPolicies.filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  return [
    {
      severity: 'warning',
      id: 'policy-missing',
      object: theCluster,
      reason: `ValidatingAdmissionPolicy ${missing.join(', ')}: not there, so that nothing limits what the controller's rights can be used for`,
      remedy: 'kubectl apply -f deploy/policies, or admission.policies=true in the values of the chart',
    },
  ];
}

/** It writes a status for everything that it has looked at. */
function checkController(sight: Sight): readonly DoctorFinding[] {
  const syncs = sight.objects('syncs');
  const unseen = syncs.filter(({ status }) => membersOf(status)['conditions'] === undefined);
  if (syncs.length === 0 || unseen.length < syncs.length) return [];
  const names = unseen.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return [
    {
      severity: 'error',
      id: 'controller-absent',
      object: `SecretProviderClassSync ${listNames(names)}`,
      reason: 'no controller has looked at any of them',
      remedy: 'install the controller (controller.enabled=true), and see that its --namespaces or selector cover these',
    },
  ];
}

function checkPin(sight: Sight): readonly DoctorFinding[] {
  const pinned = sight.objects('syncs').filter((sync) => membersOf(specOf(sync)['rollout'])['mode'] === 'Pin');
  const severity = pinned.length > 0 ? 'error' : 'info';
  const object =
    pinned.length > 0
      ? `SecretProviderClassSync ${listNames(pinned.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))}`
      : theCluster;
  if (!sight.isServed('mutatingPolicies')) {
    return [
      {
        severity,
        id: 'pin-unsupported',
        object,
        reason:
          'the API server has no MutatingAdmissionPolicy of admissionregistration.k8s.io/v1, which rollout mode Pin needs',
        remedy: 'update to Kubernetes 1.36 or newer for Pin; Restart works everywhere',
      },
    ];
  }
  const isThere = sight.objects('mutatingPolicies').some(({ metadata }) => metadata.name === pinPolicyName);
  if (isThere || pinned.length === 0 || !sight.isKnown('mutatingPolicies')) return [];
  return [
    {
      severity,
      id: 'pin-policy-missing',
      object,
      reason: `rollout mode Pin is asked for, and there is no MutatingAdmissionPolicy ${pinPolicyName}`,
      remedy: 'kubectl apply -f deploy/policies/pin-secrets.yaml, or admission.pin=true in the values of the chart',
    },
  ];
}
