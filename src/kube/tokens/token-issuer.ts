import { type AuthenticationV1TokenRequest, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';

import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import { toTokenRequestError } from '../client/errors.ts';
import { withSignal } from '../client/with-signal.ts';

/** Parity: the lifetime that the official provider asks for. */
const tokenLifetimeSeconds = 900;

/**
 * Asks the API server for a token of the caller's service account, bound to its pod. Nothing is cached: a login that
 * used the token is, and outlives it.
 */
export function createTokenIssuer(config: KubeConfig): TokenIssuer {
  const api = config.makeApiClient(CoreV1Api);
  return {
    async issue(caller, audience, { signal }) {
      const request = { name: caller.serviceAccount, namespace: caller.namespace, body: toRequest(caller, audience) };
      let token: string | undefined;
      try {
        const answer = await api.createNamespacedServiceAccountToken(request, withSignal(signal));
        token = answer.status?.token;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw toTokenRequestError(caller, error);
      }
      if (token) return SecretBytes.from(token);
      throw toTokenRequestError(caller, new Error('the API server answered without a token'));
    },
  };
}

function toRequest(caller: Caller, audience: string): AuthenticationV1TokenRequest {
  const { pod } = caller;
  if (pod === undefined) throw new SecretError('INTERNAL', 'a token was requested for a caller that is no pod');
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      expirationSeconds: tokenLifetimeSeconds,
      // Parity: no audience means the API server's own.
      audiences: audience === '' ? [] : [audience],
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.name, uid: pod.uid },
    },
  };
}
