import { accountKey, podKey, type Caller } from '../../core/caller.ts';
import { storeKey, type VaultRef } from '../../core/object-ref.ts';
import { authOf, digestSecrets } from './credential.ts';
import type { Grant } from './login.ts';

/** The keys under which a caller's logins are kept. */
export interface Identity {
  /** This pod alone, with these secrets. */
  readonly pod: string;
  /** All pods of the account; undefined where they can never share, because a secret of their own logs in. */
  readonly account: string | undefined;
}

/** The parts are JSON and a digest, which hold no line break. */
export function identityOf(ref: VaultRef, caller: Caller): Identity {
  const store = storeKey(ref);
  if (authOf(ref, caller).method === 'service-account') {
    return { pod: `${store}\n${podKey(caller)}`, account: `${store}\n${accountKey(caller)}` };
  }
  return { pod: `${store}\n${podKey(caller)}\n${digestSecrets(caller)}`, account: undefined };
}

/**
 * Whether the token of a login may serve every pod of the caller's account: Vault itself names exactly that account (the
 * kubernetes method does, the jwt method may look at claims of the pod), and the token does not run out by use.
 */
export function isShareableGrant(grant: Grant, caller: Caller): boolean {
  const { metadata, numUses } = grant;
  return (
    numUses === 0 &&
    caller.serviceAccount !== '' &&
    metadata.get('service_account_namespace') === caller.namespace &&
    metadata.get('service_account_name') === caller.serviceAccount
  );
}
