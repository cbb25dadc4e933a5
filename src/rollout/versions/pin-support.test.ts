import { afterEach, beforeEach, expect, it } from 'vitest';

import { resources } from '../../kube/objects.ts';
import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { checkPinSupport } from './pin-support.ts';

const { signal } = new AbortController();
const metadata = { name: 'lockstep-pin-secrets' };
let test: KubeUnderTest;

beforeEach(async () => {
  test = await createKubeUnderTest();
});
afterEach(async () => await test[Symbol.asyncDispose]());

function install(policyName = 'lockstep-pin-secrets'): void {
  test.kube.put(resources.mutatingPolicies, { metadata, spec: {} });
  test.kube.put(resources.mutatingBindings, { metadata, spec: { policyName } });
}

it('is there with policy and binding', async () => {
  install();
  expect(await checkPinSupport(test.client, { signal })).toEqual({ ok: true });
});

it.for([
  [
    'an API server that is too old',
    () => test.kube.served.delete('admissionregistration.k8s.io/mutatingadmissionpolicies'),
    'does not offer MutatingAdmissionPolicy',
    'update to Kubernetes 1.36 or newer, or use the mode Restart',
  ],
  [
    'an API server that knows the group and not the kind',
    () => {
      const message = 'the server could not find the requested resource';
      const body = { kind: 'Status', status: 'Failure', reason: 'NotFound', message, details: {}, code: 404 };
      test.kube.script({ plural: 'mutatingadmissionpolicies' }, { status: 404, body });
    },
    'does not offer MutatingAdmissionPolicy',
    'update to Kubernetes 1.36 or newer, or use the mode Restart',
  ],
  [
    'no policy',
    () => test.kube.remove(resources.mutatingPolicies, undefined, metadata.name),
    'no MutatingAdmissionPolicy lockstep-pin-secrets',
    'apply deploy/policies/pin-secrets.yaml',
  ],
  [
    'no binding',
    () => test.kube.remove(resources.mutatingBindings, undefined, metadata.name),
    'no MutatingAdmissionPolicyBinding lockstep-pin-secrets',
    'apply deploy/policies/pin-secrets.yaml',
  ],
  [
    'a binding of another policy',
    () => install('other'),
    'is for another policy',
    'apply deploy/policies/pin-secrets.yaml',
  ],
  [
    'no permission to look',
    () => test.kube.forbid({ plural: 'mutatingadmissionpolicybindings' }),
    'lockstep may not look',
    'get on mutatingadmissionpolicies and mutatingadmissionpolicybindings of admissionregistration.k8s.io',
  ],
] as const)('is not there with %s, and says what to do', async ([, spoil, reason, remedy]) => {
  install();
  spoil();
  const support = await checkPinSupport(test.client, { signal });
  expect(support).toMatchObject({
    ok: false,
    reason: expect.stringContaining(reason),
    remedy: expect.stringContaining(remedy),
  });
});

it('is not denied because the API server is out', async () => {
  install();
  test.kube.script({ verb: 'get' }, { status: 500, body: {} });
  expect(await failureOf(checkPinSupport(test.client, { signal }))).toMatchObject({ code: 'KUBE_UNAVAILABLE' });
});
