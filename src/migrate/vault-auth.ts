import type { Fields } from './fields.ts';
import { type AccountSelector, readAccount, readSecretKey, type SecretKey } from './selectors.ts';
import type { Reference } from './store.ts';

/** How a class logs in where a store did. */
export interface VaultLogin {
  readonly parameters: Readonly<Record<string, string>>;
  readonly account: Reference | undefined;
  readonly credentials: Reference | undefined;
}

/** Undefined: lockstep has no such method; why is reported. `namespace`: of the store. */
export function readVaultAuth(auth: Fields, namespace: string): VaultLogin | undefined {
  const own = auth.text('namespace');
  if (own !== '' && own !== namespace) {
    auth.remark('namespace', {
      rule: 'store-setting',
      message: "is another one than the store's: a class logs in where it reads, so give the role access there",
    });
  }
  const [method, ...others] = auth.names().filter((name) => name !== 'namespace');
  const reader = methods.get(method ?? '');
  if (method !== undefined && others.length === 0 && reader !== undefined) {
    const fields = auth.fields(method);
    return fields && reader(fields);
  }
  refuseMethods(auth, [method ?? '', ...others]);
  return undefined;
}

type MethodReader = (fields: Fields) => VaultLogin | undefined;

const methods: ReadonlyMap<string, MethodReader> = new Map<string, MethodReader>([
  ['kubernetes', readKubernetes],
  ['jwt', readJwt],
  ['appRole', readAppRole],
  ['tokenSecretRef', readToken],
]);

function refuseMethods(auth: Fields, names: readonly string[]): void {
  const [name = '', ...others] = names;
  if (name === '' || others.length > 0) {
    auth.skip(...names);
    auth.remark(undefined, { rule: 'manifest-invalid', message: 'must name exactly one method' });
    return;
  }
  auth.refuse(name, {
    rule: 'store-unsupported',
    message:
      'is no method that lockstep translates; use Kubernetes auth (a role of Vault that binds a service account), jwt, AppRole, ' +
      'or a certificate in a Secret (vaultAuthMethod: cert)',
  });
}

function readKubernetes(fields: Fields): VaultLogin {
  const refused = fields.refuse('secretRef', {
    rule: 'static-credentials',
    message:
      'is a token in a Secret: lockstep asks for a short-lived one of a service account instead, which the role of Vault must bind',
  });
  const selector = readAccount(fields, 'serviceAccountRef');
  if (selector === undefined && !refused) remarkOwnIdentity(fields);
  const mount = fields.text('mountPath');
  const role = fields.text('role');
  if (selector?.audience === '' || selector === undefined) remarkAudience(fields, role);
  return toLogin({ ...(mount !== '' && mount !== 'kubernetes' && { vaultAuthMountPath: mount }) }, role, selector);
}

function remarkOwnIdentity(fields: Fields): void {
  fields.remark(undefined, {
    severity: 'warning',
    rule: 'service-account',
    message:
      "logs in as External Secrets Operator's own pod, which lockstep never does: a service account of the namespace does",
  });
}

/** Parity: without audiences the operator asks for a token of the API server's own audience. */
function remarkAudience(fields: Fields, role: string): void {
  const name = JSON.stringify(role);
  fields.remark('role', {
    severity: 'warning',
    rule: 'vault-audience',
    message:
      `is used with tokens of the API server's own audience, which lockstep never asks for; its tokens are for the audience ` +
      `"vault". While both tools run, make a second role like ${name} with audience=vault and write its name as roleName`,
  });
}

function readJwt(fields: Fields): VaultLogin | undefined {
  const refused = fields.refuse('secretRef', {
    rule: 'static-credentials',
    message: 'is a token in a Secret; use kubernetesServiceAccountToken, whose tokens live for minutes',
  });
  if (refused) return undefined;
  const token = fields.fields('kubernetesServiceAccountToken');
  const selector = token && readAccount(token, 'serviceAccountRef');
  // How long a token lives is lockstep's affair.
  token?.skip('expirationSeconds');
  const [audience = selector?.audience ?? ''] = token?.words('audiences') ?? [];
  const mount = fields.text('path') || 'jwt';
  const parameters = { vaultAuthMethod: 'jwt', ...(mount !== 'jwt' && { vaultAuthMountPath: mount }) };
  return toLogin(parameters, fields.text('role'), selector && { ...selector, audience });
}

function toLogin(
  parameters: Readonly<Record<string, string>>,
  role: string,
  selector: AccountSelector | undefined,
): VaultLogin {
  const audience = selector?.audience ?? '';
  return {
    parameters: {
      ...parameters,
      ...(role !== '' && { roleName: role }),
      // What lockstep asks for when a class names none.
      ...(audience !== '' && audience !== 'vault' && { audience }),
    },
    account: selector?.account,
    credentials: undefined,
  };
}

function readAppRole(fields: Fields): VaultLogin {
  const roleId = fields.text('roleId');
  const mount = fields.text('path') || 'approle';
  const roleRef = readSecretKey(fields, 'roleRef');
  const secret = readSecretKey(fields, 'secretRef');
  requireKey(fields, 'secretRef', secret, 'secret_id');
  if (roleId === '') requireKey(fields, 'roleRef', roleRef, 'role_id');
  if (roleId === '' && roleRef !== undefined && roleRef.secret.name !== secret?.secret.name) {
    fields.remark('roleRef', {
      rule: 'static-credentials',
      message:
        'is in another Secret than secretRef: put role_id and secret_id into one, or write the role id as vaultAppRoleId',
    });
  }
  const parameters = {
    vaultAuthMethod: 'approle',
    ...(mount !== 'approle' && { vaultAuthMountPath: mount }),
    ...(roleId !== '' && { vaultAppRoleId: roleId }),
  };
  return { parameters, account: undefined, credentials: secret?.secret };
}

function readToken(fields: Fields): VaultLogin {
  const secret = { name: fields.text('name'), namespace: fields.text('namespace') };
  requireKey(fields, 'key', { secret, key: fields.text('key') }, 'token');
  return { parameters: { vaultAuthMethod: 'token' }, account: undefined, credentials: secret };
}

/** A login of lockstep finds what it needs under fixed keys. */
function requireKey(fields: Fields, name: string, found: SecretKey | undefined, key: string): void {
  if (found === undefined || found.secret.name === '') {
    fields.remark(name, { rule: 'manifest-invalid', message: 'is missing' });
  } else if (found.key !== key) {
    fields.remark(name, {
      severity: 'warning',
      rule: 'static-credentials',
      message: `is under the key ${JSON.stringify(found.key)}; lockstep reads it under ${key}, so add that key to the Secret`,
    });
  }
}
