import type { Caller } from '../../src/core/caller.ts';
import { SecretError } from '../../src/core/errors.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import type { TokenIssuer } from '../../src/core/token-issuer.ts';

/** Kubernetes, asked for tokens: it counts, and refuses when told. */
export class FakeTokenIssuer implements TokenIssuer {
  /** `shop/app for vault`, in order. */
  readonly asked: string[] = [];
  refusal: SecretError | undefined;

  issue({ namespace, serviceAccount }: Caller, audience: string): Promise<SecretBytes> {
    this.asked.push(`${namespace}/${serviceAccount} for ${audience}`);
    if (this.refusal) return Promise.reject(this.refusal);
    return Promise.resolve(SecretBytes.from(`issued-token-${this.asked.length}`));
  }
}

/** The controller's caller: the service account `shop/app`, with nothing of its own. */
export function accountCaller(more: Partial<Caller> = {}): Caller {
  return {
    kind: 'service-account',
    namespace: 'shop',
    serviceAccount: 'app',
    tokens: new Map(),
    secrets: new Map(),
    ...more,
  };
}
