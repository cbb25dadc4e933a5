import { SecretError } from '../core/errors.ts';
import type { RoleReader } from '../core/role-reader.ts';
import { keyOf } from '../kube/objects.ts';
import type { Reflector } from '../kube/watch/reflector.ts';
import type { AccountObject } from './account.ts';

/** IAM roles by the watch of service accounts: nobody is asked. An account that cannot be known is not one without a role. */
export function createWatchedRoles(accounts: Pick<Reflector<AccountObject>, 'get' | 'problem'>): RoleReader {
  return {
    async roleOf({ namespace, serviceAccount: name }) {
      const known = accounts.get(keyOf({ namespace, name }));
      const problem = accounts.problem(namespace);
      if (known || !problem) return known?.roleArn;
      const message = `no role for service account ${namespace}/${name}: ${problem.message}`;
      throw new SecretError('AWS_ROLE_LOOKUP_FAILED', message, { cause: problem });
    },
  };
}
