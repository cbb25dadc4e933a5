import { createHmac, timingSafeEqual } from 'node:crypto';

import * as z from 'zod';

import type { Clock } from '../platform/clock.ts';

/** A pod and the service account it runs as. */
export interface PodIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podName: string;
  readonly podUid: string;
}

export interface PodToken {
  readonly token: string;
  /** RFC 3339, as the driver hands it on. */
  readonly expirationTimestamp: string;
}

/** The token authority of the played cluster: kubelet asks it for tokens, the embedded stores have them reviewed. */
export interface PodTokens {
  /** A service-account token for one audience. The same one for about an hour, as kubelet caches it. */
  issue(identity: PodIdentity, audience: string): PodToken;
  /** Whose token it is; undefined when it was not issued here, has expired, or is not for `audience` where one is given. */
  review(token: string, audience?: string): PodIdentity | undefined;
}

const hourMs = 3_600_000;

const claims = z.object({
  aud: z.array(z.string()),
  sub: z.string(),
  exp: z.number(),
  'kubernetes.io': z.object({
    namespace: z.string(),
    pod: z.object({ name: z.string(), uid: z.string() }),
    serviceaccount: z.object({ name: z.string() }),
  }),
});

/** `key` is the run's own random secret: a token of another run, or one from a real cluster, is refused. */
export function createPodTokens(key: Uint8Array, clock: Clock): PodTokens {
  return {
    issue: (identity, audience) => issue(key, clock.now(), identity, audience),
    review: (token, audience) => review(key, clock.now(), token, audience),
  };
}

function issue(key: Uint8Array, nowMs: number, identity: PodIdentity, audience: string): PodToken {
  const expiresMs = (Math.floor(nowMs / hourMs) + 2) * hourMs;
  const payload: z.infer<typeof claims> = {
    aud: [audience],
    exp: expiresMs / 1000,
    'kubernetes.io': {
      namespace: identity.namespace,
      pod: { name: identity.podName, uid: identity.podUid },
      serviceaccount: { name: identity.serviceAccount },
    },
    sub: `system:serviceaccount:${identity.namespace}:${identity.serviceAccount}`,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
  return {
    token: `${signed}.${sign(key, signed).toString('base64url')}`,
    expirationTimestamp: new Date(expiresMs).toISOString().replace('.000Z', 'Z'),
  };
}

function review(key: Uint8Array, nowMs: number, token: string, audience?: string): PodIdentity | undefined {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(key, `${header}.${payload}`);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;

  const {
    aud,
    exp,
    'kubernetes.io': kubernetes,
  } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  if (exp * 1000 <= nowMs || (audience !== undefined && !aud.includes(audience))) return undefined;
  return {
    namespace: kubernetes.namespace,
    serviceAccount: kubernetes.serviceaccount.name,
    podName: kubernetes.pod.name,
    podUid: kubernetes.pod.uid,
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sign(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
