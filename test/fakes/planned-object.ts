import type { VaultRef } from '../../src/core/object-ref.ts';
import type { PlannedObject } from '../../src/core/plan.ts';

/** A plain read of `secret/data/db`, entered with the pod's token. */
export const vaultRef: VaultRef = {
  kind: 'vault',
  store: {
    address: 'https://vault.test:8200',
    namespace: '',
    tls: { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false },
    auth: { method: 'service-account', mount: 'kubernetes', role: 'app', audience: 'vault' },
  },
  request: { method: 'GET', path: '/v1/secret/data/db', query: '' },
};

/** What precedes the content of `plannedObject` in its version. */
export const versionInput = '{"ObjectName":"db-user"}';

/** The object `db-user`, which is the key `username` of `vaultRef`, unless told otherwise. */
export function plannedObject(changes: Partial<PlannedObject> = {}): PlannedObject {
  return {
    name: 'db-user',
    ref: vaultRef,
    select: { kind: 'key', key: 'username' },
    encoding: 'utf-8',
    path: 'db-user',
    mode: 0o644,
    version: { kind: 'hmac', input: versionInput },
    optional: false,
    expand: false,
    ...changes,
  };
}
