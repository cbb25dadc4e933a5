import { createHash } from 'node:crypto';

import type { Caller } from '../../core/caller.ts';

/** What STS allows. */
const maxLength = 64;
const digestLength = 10;

/**
 * The name that CloudTrail shows for a login: `namespace_serviceaccount`. The underscore can stand in neither, so that two
 * accounts never look alike; names that are too long are cut and end with a digest. It is the same for all pods of an
 * account, because trust policies may look at it and the pods share the session.
 */
export function sessionName({ namespace, serviceAccount }: Caller): string {
  const name = `${namespace}_${serviceAccount}`;
  const allowed = name.replaceAll(/[^\w+=,.@-]/g, '-');
  if (allowed === name && name.length <= maxLength) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, digestLength);
  return `${allowed.slice(0, maxLength - digestLength - 1)}-${digest}`;
}
