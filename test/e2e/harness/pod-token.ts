import type { PodIdentity } from './volume.ts';

/** Whom a service-account token was made for. */
export interface PodToken {
  readonly audiences: unknown;
  readonly subject: unknown;
  readonly podUid: unknown;
}

/** What a token on the wire says; throws for what is none of a pod. */
export function readPodToken(token: unknown): PodToken {
  const payload = typeof token === 'string' ? (token.split('.')[1] ?? '') : '';
  // The edge of the harness: a JSON web token of the API server.
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  return { audiences: claims.aud, subject: claims.sub, podUid: claims['kubernetes.io'].pod.uid };
}

/** What the token of a pod for an audience has to say. */
export function tokenOf({ namespace, serviceAccount, uid }: PodIdentity, audience: string): PodToken {
  return { audiences: [audience], subject: `system:serviceaccount:${namespace}:${serviceAccount}`, podUid: uid };
}

interface Claims {
  readonly aud: unknown;
  readonly sub: unknown;
  readonly 'kubernetes.io': { readonly pod: { readonly uid: string } };
}
