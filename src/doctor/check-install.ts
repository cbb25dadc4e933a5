import { pinPolicyName } from '../rollout/versions/pin-support.ts';
import { keyOf, membersOf } from '../kube/objects.ts';
import { flagOf } from './containers.ts';
import { listNames, specOf } from './describe.ts';
import { type DoctorFinding, theCluster } from './finding.ts';
import { ownControllerOf } from './programs.ts';
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
      remedy: 'install the chart, which brings it, or without Helm kubectl apply -f deploy/crds',
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

/** Who may have what synced: they stand before there is a controller, which would find what was written earlier. */
const authorPolicies: readonly string[] = ['lockstep-approvals', 'lockstep-class-authors', 'lockstep-sync-authors'];
/** What the controller's rights are good for. The chart brings them with the controller. */
const controllerPolicies: readonly string[] = ['lockstep-token-requests', 'lockstep-token-secrets'];
/** As those, with the flag that lets it patch nodes. */
const taintPolicy = 'lockstep-startup-taint';

/** Those that are shipped, but for the one of rollout mode Pin. */
export const shippedPolicies: readonly string[] = [...authorPolicies, ...controllerPolicies, taintPolicy];

function checkPolicies(sight: Sight): readonly DoctorFinding[] {
  // Whoever has no SecretProviderClassSync needs no policies for them.
  if (!sight.isKnown('validatingPolicies') || !sight.isServed('syncs')) return [];
  const present = new Set(sight.objects('validatingPolicies').map(({ metadata }) => metadata.name));
  const missing = neededPolicies(sight).filter((name) => !present.has(name));
  if (missing.length === 0) return [];
  return [
    {
      severity: 'warning',
      id: 'policy-missing',
      object: theCluster,
      reason: `ValidatingAdmissionPolicy ${missing.join(', ')}: not there, so that nothing limits what the controller's rights can be used for`,
      remedy: 'admission.policies=true in the values of the chart, or without Helm kubectl apply -f deploy/policies',
    },
  ];
}

function neededPolicies(sight: Sight): readonly string[] {
  const controllers = sight.objects('deployments').flatMap((each) => ownControllerOf(each) ?? []);
  const isTainting = controllers.some((each) => flagOf(each, 'startup-taint') !== undefined);
  return [
    ...authorPolicies,
    ...(controllers.length > 0 || hasWritten(sight) ? controllerPolicies : []),
    ...(isTainting ? [taintPolicy] : []),
  ];
}

/** Whether a controller has, wherever it runs: it writes a status for everything that it has looked at. */
function hasWritten(sight: Sight): boolean {
  return sight.objects('syncs').some(({ status }) => membersOf(status)['conditions'] !== undefined);
}

function checkController(sight: Sight): readonly DoctorFinding[] {
  const syncs = sight.objects('syncs');
  if (syncs.length === 0 || hasWritten(sight)) return [];
  const names = syncs.map(({ metadata }) => keyOf(metadata));
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
      ? `SecretProviderClassSync ${listNames(pinned.map(({ metadata }) => keyOf(metadata)))}`
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
