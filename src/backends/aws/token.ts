import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import { quote } from './call.ts';

/** The caller's token for an audience. Throws TOKEN_MISSING. */
export function findToken(caller: Caller, audience: string): SecretBytes {
  const token = caller.tokens.get(audience);
  if (token && token.size > 0) return token;
  const sent = [...caller.tokens.keys()].slice(0, 10).map(quote).join(', ');
  throw new SecretError(
    'TOKEN_MISSING',
    `no service account token for the audience ${quote(audience)} was sent (sent: ${sent === '' ? 'none' : sent}); ${remedies[caller.kind]}`,
  );
}

/** The token to log in with: as `findToken`, and for a service account without a pod one that Kubernetes issues. */
export async function readToken(
  caller: Caller,
  audience: string,
  { tokenIssuer, signal }: { readonly tokenIssuer: TokenIssuer | undefined; readonly signal: AbortSignal },
): Promise<SecretBytes> {
  const isIssued = tokenIssuer && caller.kind === 'service-account' && !caller.tokens.has(audience);
  return isIssued ? await tokenIssuer.issue(caller, audience, { signal }) : findToken(caller, audience);
}

/** `service account shop/web`, for messages. */
export function describeAccount({ namespace, serviceAccount }: Caller): string {
  return `service account ${namespace}/${serviceAccount}`;
}

const remedies: Readonly<Record<Caller['kind'], string>> = {
  pod: 'list it under tokenRequests[].audience in the Helm values of the Secrets Store CSI driver',
  'service-account': 'list it in --audiences of the controller',
  operator: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give such a token to the command',
};
