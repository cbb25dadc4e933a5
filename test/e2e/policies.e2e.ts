import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { shippedPolicies } from '../../src/doctor/check-install.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { approval, controller, label, system, Tenancy, tokenSecret } from './harness/tenancy.ts';
import { until } from './harness/until.ts';

apiE2e('The admission policies', 'policies', (stand) => {
  let started: Tenancy | undefined;
  const tenancy = (): Tenancy => {
    if (started === undefined) throw new Error('the policies are not there');
    return started;
  };
  beforeAll(async () => {
    started = await Tenancy.start(stand());
  });
  afterAll(async () => started?.close());

  describe('for the authors of SecretProviderClassSyncs', () => {
    it.for([
      ['manifests-only', { serviceAccountName: 'app' }, 'you need create on pods, or on serviceaccounts/token of app'],
      [
        'tokens-of-app',
        { serviceAccountName: 'other' },
        'you need create on pods, or on serviceaccounts/token of other',
      ],
      ['approver', {}, 'you need create on pods, or on serviceaccounts/token of app, in namespace policies'],
      ['all-tokens', { credentialsSecretRef: { name: 'approle' } }, 'get on the Secret approle, in namespace policies'],
      ['secret-reader', { credentialsSecretRef: { name: 'another' } }, 'get on the Secret another'],
    ] as const)('refuse %s %j', async ([name, spec, message]) => {
      await expect(tenancy().createSync(name, spec)).rejects.toThrow(message);
    });

    it.for([
      ['tokens-of-app', { serviceAccountName: 'app' }],
      ['all-tokens', { serviceAccountName: 'other' }],
      ['pods', { serviceAccountName: 'other', credentialsSecretRef: { name: 'approle' } }],
      ['secret-reader', { credentialsSecretRef: { name: 'approle' } }],
      ['administrator', { serviceAccountName: 'other' }],
      [controller, { serviceAccountName: 'other' }],
    ] as const)('let %s write %j', async ([name, spec]) => {
      await expect(tenancy().createSync(name, spec)).resolves.toBeDefined();
    });

    it('refuse a change of one that stands there', async () => {
      const other = { spec: { serviceAccountName: 'other' } };
      const faster = { spec: { interval: '1s' } };
      await expect(tenancy().patchSync('manifests-only', other)).rejects.toThrow('serviceaccounts/token of other');
      await expect(tenancy().patchSync('tokens-of-app', other)).rejects.toThrow('serviceaccounts/token of other');
      await expect(tenancy().patchSync('manifests-only', faster)).rejects.toThrow('serviceaccounts/token of app');
      await expect(tenancy().patchSync('tokens-of-app', faster)).resolves.toBeDefined();
    });

    it('leave labels and annotations free', async () => {
      const metadata = { labels: { a: 'b' }, annotations: { 'lockstep.dev/force-sync': '1' } };
      await expect(tenancy().patchSync('manifests-only', { metadata })).resolves.toMatchObject({ metadata });
    });
  });

  describe('for the authors of SecretProviderClasses', () => {
    const message =
      'by who may act as the service accounts of its namespace: you need create on pods or on serviceaccounts/token';
    const otherRole = { spec: { parameters: { roleName: 'admin' } } };

    it.for(['manifests-only', 'tokens-of-app'] as const)('refuse %s one with the label', async (name) => {
      await expect(tenancy().createClass(name, label)).rejects.toThrow(message);
    });

    it.for(['all-tokens', 'pods', 'administrator'] as const)('let %s write one with the label', async (name) => {
      await expect(tenancy().createClass(name, label)).resolves.toBeDefined();
    });

    it.for([
      ['giving the label', 'unlabelled', { metadata: { labels: label } }],
      ['changing what carries it', 'labelled', otherRole],
      [
        'annotating what carries it',
        'labelled',
        { metadata: { annotations: { 'lockstep.dev/service-account': 'app' } } },
      ],
    ] as const)('refuse %s', async ([, name, patch]) => {
      await expect(tenancy().patchClass('manifests-only', name, patch)).rejects.toThrow(message);
    });

    it('leave those for mounts free, and taking the label away', async () => {
      const without = { metadata: { labels: { 'lockstep.dev/sync': null } } };
      await expect(tenancy().createClass('manifests-only', {})).resolves.toBeDefined();
      await expect(tenancy().patchClass('manifests-only', 'unlabelled', otherRole)).resolves.toBeDefined();
      await expect(tenancy().patchClass('manifests-only', 'labelled', without)).resolves.toBeDefined();
    });
  });

  describe('for approvals', () => {
    const message = 'you need the verb approve on secretproviderclasssyncs of lockstep.dev in namespace policies';

    it.for(['manifests-only', 'pods', controller] as const)('refuse %s, who lacks the verb', async (name) => {
      await expect(tenancy().approve(name, '7')).rejects.toThrow(message);
    });

    it('refuse a sync that comes approved', async () => {
      await expect(tenancy().createSync('pods', {}, { annotations: approval })).rejects.toThrow(message);
    });

    it('let those who have the verb approve one version after the other', async () => {
      await expect(tenancy().approve('approver', '1')).resolves.toBeDefined();
      await expect(tenancy().approve('approver', '2')).resolves.toBeDefined();
      await expect(tenancy().approve('administrator', '3')).resolves.toBeDefined();
    });

    it('let anybody keep and take back an approval, and not change it', async () => {
      await tenancy().approve('approver', '4');
      const labels = { metadata: { labels: { kept: 'true' } } };
      await expect(tenancy().patchSync('manifests-only', labels)).resolves.toBeDefined();
      await expect(tenancy().approve('manifests-only', '5')).rejects.toThrow(message);
      await expect(tenancy().approve('manifests-only', null)).resolves.toBeDefined();
    });
  });

  describe('for the tokens that the controller requests', () => {
    const stores = 'lockstep may request tokens for these audiences only: vault, sts.amazonaws.com';
    const api = 'https://kubernetes.default.svc.cluster.local';
    const brief = { expirationSeconds: 600 };

    it.for([
      ['no audience', { audiences: [], ...brief }, stores],
      ['the API server', { audiences: [api], ...brief }, stores],
      ['a store and the API server', { audiences: ['vault', api], ...brief }, stores],
      ['a store for an hour', { audiences: ['vault'], expirationSeconds: 3600 }, 'for 15 minutes at most'],
      ['a store for as long as usual', { audiences: ['vault'] }, 'for 15 minutes at most'],
    ] as const)('refuse one for %s', async ([, spec, message]) => {
      await expect(tenancy().requestToken(controller, spec)).rejects.toThrow(message);
    });

    it.for([
      ['vault', 600],
      ['sts.amazonaws.com', 900],
    ] as const)('allow one for %s and %i seconds', async ([audience, seconds]) => {
      const answer = await tenancy().requestToken(controller, { audiences: [audience], expirationSeconds: seconds });
      expect(answer).toHaveProperty('status.token', expect.any(String));
    });

    it('do not concern anybody else', async () => {
      const answer = await tenancy().requestToken('all-tokens', { audiences: [] });
      expect(answer).toHaveProperty('status.token', expect.any(String));
    });
  });

  describe('for the Secrets that the controller keeps', () => {
    it('refuse one that would be a token for the API server', async () => {
      await expect(tenancy().createSecret(controller, tokenSecret)).rejects.toThrow(
        'which would be a token for the API server',
      );
    });

    it('let every other type pass, and do not concern anybody else', async () => {
      await expect(tenancy().createSecret(controller, { metadata: { name: 'kept' } })).resolves.toBeDefined();
      await expect(tenancy().createSecret('administrator', tokenSecret)).resolves.toBeDefined();
    });
  });

  it('have no expression of which the API server thinks that it may fail', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    const read = async (): Promise<readonly Policy[]> => {
      const { items } = await stand().kube.call<{ items: readonly Policy[] }>('GET', path);
      return items.filter(({ metadata }) => metadata.name.startsWith('lockstep-'));
    };
    const isChecked = async (): Promise<boolean> => (await read()).every(({ status }) => status?.typeChecking);
    await until(isChecked, { what: 'the policies to be checked' });
    const policies = await read();
    expect(policies.length).toBe(shippedPolicies.length);
    expect(policies.flatMap(({ status }) => status?.typeChecking?.expressionWarnings ?? [])).toEqual([]);
  });

  it.for([
    ['patch', '', 'secrets', true],
    ['update', '', 'secrets', false],
    ['deletecollection', '', 'secrets', false],
    ['patch', 'lockstep.dev', 'secretproviderclasssyncs/status', true],
    ['approve', 'lockstep.dev', 'secretproviderclasssyncs', false],
    ['patch', 'secrets-store.csi.x-k8s.io', 'secretproviderclasses', false],
    ['create', '', 'pods', false],
    ['patch', 'apps', 'deployments', false],
    ['create', 'coordination.k8s.io', 'leases', false],
  ] as const)('stand beside a role that lets the controller %s %s/%s: %s', async ([verb, group, path, isAllowed]) => {
    const [resource, subresource = ''] = path.split('/');
    const { namespace, kube } = stand();
    const resourceAttributes = { namespace, verb, group, resource, subresource };
    const spec = { user: `system:serviceaccount:${system}:${controller}`, resourceAttributes };
    const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { status } = await kube.call<{ status: { allowed: boolean } }>('POST', reviews, { spec });
    expect(status.allowed).toBe(isAllowed);
  });
});

interface Policy {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] } };
}
