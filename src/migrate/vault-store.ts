import type { Fields } from './fields.ts';
import type { VaultSettings } from './store.ts';
import { readVaultAuth } from './vault-auth.ts';

/** `provider.vault` of a store. Undefined: there is no way to log in that lockstep knows; why is reported. */
export function vaultStore(vault: Fields): VaultSettings | undefined {
  const address = vault.text('server');
  if (address === '') vault.remark('server', { rule: 'manifest-invalid', message: 'is missing' });
  const namespace = vault.text('namespace');
  refuseTls(vault);
  refuseRest(vault);
  const version = readVersion(vault);
  const mount = trimSlashes(vault.text('path'));
  const auth = vault.fields('auth');
  if (auth === undefined) {
    vault.remark('auth', { rule: 'manifest-invalid', message: 'is missing; name how to log in' });
    return undefined;
  }
  const login = readVaultAuth(auth, namespace);
  if (login === undefined) return undefined;
  const parameters = {
    ...(address !== '' && { vaultAddress: address }),
    ...(namespace !== '' && { vaultNamespace: namespace }),
    ...login.parameters,
  };
  const { account, credentials } = login;
  return { backend: 'vault', parameters, account, credentials, mount, version };
}

/** Parity: version 2 unless said otherwise. */
function readVersion(vault: Fields): 'v1' | 'v2' {
  const version = vault.text('version') || 'v2';
  if (version !== 'v1' && version !== 'v2') {
    vault.remark('version', { rule: 'manifest-invalid', message: 'must be v1 or v2; v2 is assumed' });
  }
  return version === 'v1' ? 'v1' : 'v2';
}

function refuseTls(vault: Fields): void {
  for (const name of ['caBundle', 'caProvider']) {
    vault.refuse(name, {
      rule: 'vault-tls',
      message:
        'is not carried over, because a class names a file: mount the certificate authority into the pods of lockstep and write ' +
        'its path as vaultCACertPath, or set VAULT_CACERT there for all classes',
    });
  }
  vault.refuse('tls', {
    rule: 'vault-tls',
    message:
      'is not carried over, because a class names files: mount certificate and key into the pods of lockstep and write their ' +
      'paths as vaultTLSClientCertPath and vaultTLSClientKeyPath',
  });
}

function refuseRest(vault: Fields): void {
  vault.refuse('headers', {
    rule: 'store-setting',
    message: 'is not carried over: lockstep sends no headers of its own choice; check what reads them',
  });
  for (const name of ['readYourWrites', 'forwardInconsistent']) {
    // Off is what lockstep does.
    if (!vault.flag(name)) continue;
    vault.remark(name, {
      severity: 'warning',
      rule: 'store-setting',
      message: 'has no counterpart: a value that a replica does not have yet comes with the next interval',
    });
  }
  vault.refuse('checkAndSet', {
    severity: 'warning',
    rule: 'store-setting',
    message: 'is about writing to Vault, which lockstep never does; leave it out',
  });
}

function trimSlashes(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}
