import { beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import type { ControllerStand } from './harness/controller-stand.ts';
import { oneObject, oneSecret, type Tenant } from './harness/tenant.ts';
import type { ClassOptions, Marks, SyncOptions } from './harness/tenant-objects.ts';

/** How an author in the namespace `eve` tries to get at what only the namespace `alice` may read. */
interface Attempt {
  readonly what: string;
  readonly class?: (alice: string) => ClassOptions;
  readonly sync?: (alice: string) => SyncOptions;
  readonly marks?: (alice: string) => Marks;
  /** Reasons of the Ready condition, or what the API server's own refusal says. */
  readonly refused: readonly string[];
}

const path = 'alice/password';
const asAlice: ClassOptions = {
  parameters: { roleName: 'alice' },
  objects: oneObject(path),
  secretObjects: oneSecret('loot'),
};

const attempts: readonly Attempt[] = [
  { what: 'her role, with an account of the same name', refused: ['VaultLoginRefused'] },
  {
    what: 'her path, with a role of her own',
    class: () => ({ ...asAlice, parameters: { roleName: 'eve' } }),
    refused: ['VaultDenied'],
  },
  {
    what: 'the name of her class with her namespace before it',
    sync: (alice) => ({ secretProviderClassName: `${alice}/good` }),
    refused: ['ClassNotFound', 'SyncInvalid', '422'],
  },
  { what: 'the name of her class', sync: () => ({ secretProviderClassName: 'good' }), refused: ['ClassNotFound'] },
  {
    what: 'a namespace for the class',
    sync: (alice) => ({ secretProviderClassNamespace: alice, secretProviderClassName: 'good' }),
    refused: ['ClassNotFound', 'SyncInvalid', '400', '422'],
  },
  {
    what: 'an account with her namespace before it',
    sync: (alice) => ({ serviceAccountName: `${alice}/app` }),
    refused: ['SyncInvalid', 'KubeNotFound', '422'],
  },
  {
    what: 'an account that walks up the path',
    sync: (alice) => ({ serviceAccountName: `../../${alice}/serviceaccounts/app` }),
    refused: ['SyncInvalid', '422'],
  },
  {
    what: 'an account as its user name',
    sync: (alice) => ({ serviceAccountName: `system:serviceaccount:${alice}:app` }),
    refused: ['SyncInvalid', 'KubeNotFound', '422'],
  },
  {
    what: 'her credentials',
    class: () => ({ ...asAlice, parameters: { roleName: 'eve', vaultAuthMethod: 'token' } }),
    sync: () => ({ credentialsSecretRef: { name: 'vault-token' } }),
    refused: ['CredentialMissing'],
  },
  {
    what: 'her credentials with her namespace before them',
    class: () => ({ ...asAlice, parameters: { roleName: 'eve', vaultAuthMethod: 'token' } }),
    sync: (alice) => ({ credentialsSecretRef: { name: `${alice}/vault-token` } }),
    refused: ['CredentialMissing', 'SyncInvalid', '422'],
  },
  {
    what: 'a namespace for the credentials',
    class: () => ({ ...asAlice, parameters: { roleName: 'eve', vaultAuthMethod: 'token' } }),
    sync: (alice) => ({ credentialsSecretRef: { name: 'vault-token', namespace: alice } }),
    refused: ['CredentialMissing', 'SyncInvalid', '400', '422'],
  },
  {
    what: 'a Secret in her namespace',
    class: () => ({ ...asAlice, parameters: { roleName: 'eve' }, objects: oneObject('eve/password') }),
    sync: (alice) => ({ secretObjects: oneSecret(`../${alice}/loot`) }),
    refused: ['SyncInvalid', '422'],
  },
  {
    what: 'the owner annotation on her sync',
    marks: (alice) => ({ annotations: { 'lockstep.dev/owner': `${alice}/good` } }),
    refused: ['VaultLoginRefused', 'SyncInvalid'],
  },
  {
    what: 'the attributes that name a pod’s namespace',
    class: (alice) => ({
      ...asAlice,
      parameters: {
        roleName: 'alice',
        'csi.storage.k8s.io/pod.namespace': alice,
        'csi.storage.k8s.io/serviceAccount.name': 'app',
      },
    }),
    refused: ['VaultLoginRefused', 'ManifestInvalid'],
  },
];

controllerE2e({ name: 'No namespace reads what is another’s', slug: 'sync-tenancy' }, (stand) => {
  let alice: Tenant;
  let eve: Tenant;
  let value: string;
  beforeAll(async () => {
    alice = await stand().createTenant('alice');
    eve = await stand().createTenant('eve');
    await separate(stand(), [alice, eve]);
    value = await stand().putSecret(path);
    await stand().putSecret('eve/password');
    await stand().startController('--interval=1h');
    // What she may, she gets: so it is known, and whatever is kept is kept.
    await alice.putClass('good', { ...asAlice, secretObjects: oneSecret('good') });
    await alice.putSync('good', { interval: '1s' });
    await alice.value('good', value);
  });

  it.for(attempts)('not by $what', async (attempt) => {
    const { namespace } = alice;
    const name = attempt.what.replaceAll(/[^a-z]+/g, '-').slice(0, 50);
    await eve.putClass(name, attempt.class?.(namespace) ?? asAlice);
    const spec = attempt.sync?.(namespace);

    const outcome = await eve.putSync(name, spec, attempt.marks?.(namespace)).then(
      async () => await refusalOf(eve, name),
      (error: unknown) => / (4\d\d) /.exec(String(error))?.[1],
    );

    expect(attempt.refused).toContain(outcome);
    expect(await holdsValue(stand(), eve, value)).toBe(false);
    expect(await alice.readSecret('loot')).toBeUndefined();
    await eve.kube.remove(eve.syncPath(name));
  });

  it('not by the shorthand of a class, whose account is of its own namespace', async () => {
    const annotations = { 'lockstep.dev/service-account': 'app' };
    await eve.putClass('shorthand', { ...asAlice, annotations });
    await eve.reason('shorthand', 'VaultLoginRefused');
    await eve.putClass('shorthand-far', {
      ...asAlice,
      annotations: { 'lockstep.dev/service-account': `${alice.namespace}/app` },
    });
    expect((await eve.untilEvent('shorthand-far', 'SyncFailed')).note).toContain('service account');
    expect(await eve.readSync('shorthand-far')).toBeUndefined();
    expect(await holdsValue(stand(), eve, value)).toBe(false);
  });

  it('not by a token of hers: a login is with the token of the sync’s own account', async () => {
    const { proxy } = stand();
    await eve.putClass('own', { ...asAlice, parameters: { roleName: 'eve' }, objects: oneObject('eve/password') });
    proxy.forget();
    await eve.putSync('own', {});
    await eve.ready('own');
    const hers = new Set(proxy.reads(`secret/data/${path}`).map(({ token }) => token));
    const theirs = proxy.reads('secret/data/eve/password').map(({ token }) => token);
    expect(theirs.length).toBeGreaterThan(0);
    expect(theirs.filter((token) => hers.has(token))).toEqual([]);
  });

  it('not by a cache: the same question of two accounts is asked twice', async () => {
    const { proxy, tenant, vault } = stand();
    await vault.putRole('both', { bound_service_account_names: 'app,other' });
    await stand().putSecret('both');
    const options: ClassOptions = { parameters: { roleName: 'both' }, objects: oneObject('both') };
    await tenant.putClass('both', options);
    proxy.forget();
    for (const account of ['app', 'other']) {
      await tenant.putSync(`both-${account}`, {
        secretProviderClassName: 'both',
        serviceAccountName: account,
        secretObjects: oneSecret(`both-${account}`),
      });
      await tenant.ready(`both-${account}`);
    }
    expect(proxy.logins).toHaveLength(2);
    expect(new Set(proxy.reads('secret/data/both').map(({ token }) => token)).size).toBe(2);
  });

  describe('A controller for some namespaces', () => {
    it('leaves the others alone', async () => {
      const front = (await stand().startController(`--namespaces=${alice.namespace}`, '--leader-elect=false')).front;
      const asked = front.allRecords.filter(
        ({ resource }) => resource.startsWith('secret') || resource.startsWith('serviceaccount'),
      );
      expect(asked.length).toBeGreaterThan(0);
      // The Secret of the version key is the controller's own.
      const namespaces = new Set(asked.map(({ namespace }) => namespace));
      expect(namespaces).toEqual(new Set([alice.namespace, stand().system]));
    });
  });
});

/** A role and a path for each tenant alone. */
async function separate({ vault }: ControllerStand, tenants: readonly Tenant[]): Promise<void> {
  for (const { namespace } of tenants) {
    const name = namespace.split('-').at(-1) ?? '';
    const policy = `path "secret/data/${name}/*" { capabilities = ["read"] }`;
    await vault.call('PUT', `sys/policies/acl/${name}`, { policy });
    await vault.putRole(name, { bound_service_account_namespaces: namespace, token_policies: name });
  }
}

async function refusalOf(tenant: Tenant, name: string): Promise<string | undefined> {
  const sync = await tenant.untilSync(name, 'to be refused', ({ status }) => status?.conditions !== undefined);
  return sync.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False')?.reason;
}

/** Whether any Secret of a namespace holds the value. */
async function holdsValue({ kube }: ControllerStand, { namespace }: Tenant, value: string): Promise<boolean> {
  const secrets = await kube.call('GET', `/api/v1/namespaces/${namespace}/secrets`);
  return JSON.stringify(secrets).includes(Buffer.from(value).toString('base64'));
}
