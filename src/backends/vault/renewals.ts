import { SecretError } from '../../core/errors.ts';
import type { VaultAnswer } from '../../core/vault-answer.ts';
import type { Logger } from '../../platform/logger.ts';
import type { VaultCall } from './call.ts';
import type { VaultClient } from './client.ts';
import { readAnswer, toRefusal } from './errors.ts';
import type { KeptLogin } from './kept-login.ts';
import type { Renewal } from './lifetime.ts';

export interface RenewalsDeps {
  readonly client: VaultClient;
  readonly logger: Logger;
  /** Aborts what is under way when the backend closes. */
  readonly signal: AbortSignal;
}

/** Background requests that prolong tokens and leases. They never reject: what fails is logged, and comes back as a status. */
export interface Renewals {
  readonly token: (login: KeptLogin) => Promise<Renewal>;
  readonly lease: (login: KeptLogin, leaseId: string) => Promise<Renewal>;
  /** Whether Vault refuses to know the token. */
  readonly isDead: (login: KeptLogin) => Promise<boolean>;
}

export function createRenewals(deps: RenewalsDeps): Renewals {
  return {
    token: (login) =>
      renew(deps, toCall(login, 'renew_token', '/v1/auth/token/renew-self', {}), ({ auth }) => ({
        ttlS: auth?.leaseDurationS ?? 0,
        renewable: auth?.renewable ?? false,
      })),
    lease: (login, leaseId) =>
      renew(deps, toCall(login, 'renew_lease', '/v1/sys/leases/renew', { lease_id: leaseId }), (answer) => ({
        ttlS: answer.leaseDurationS,
        renewable: answer.renewable,
      })),
    isDead: (login) => isDead(deps, login),
  };
}

type Read = (answer: VaultAnswer) => { readonly ttlS: number; readonly renewable: boolean };

async function renew({ client, logger, signal }: RenewalsDeps, call: VaultCall, read: Read): Promise<Renewal> {
  try {
    const answer = await client(call, { signal });
    if (answer.status >= 400) throw toRefusal(answer, call, 'It is asked for again at the next call');
    const { ttlS, renewable } = read(readAnswer(answer, call));
    if (ttlS <= 0) return { status: 'refused' };
    return { status: 'renewed', ttlMs: ttlS * 1000, renewable };
  } catch (error) {
    const isOutage = error instanceof SecretError && (error.isOutage || signal.aborted);
    const reason = error instanceof SecretError ? error.message : 'unexpected failure';
    if (!signal.aborted) logger.warn({ operation: call.operation, reason }, 'vault renewal failed');
    return { status: isOutage ? 'failed' : 'refused' };
  }
}

async function isDead({ client, signal }: RenewalsDeps, login: KeptLogin): Promise<boolean> {
  const path = '/v1/auth/token/lookup-self';
  try {
    const answer = await client(
      { ...asLogin(login), operation: 'check_token', method: 'GET', path, query: '' },
      { signal },
    );
    return answer.status === 403;
  } catch {
    // In an outage nobody knows.
    return false;
  }
}

function toCall(login: KeptLogin, operation: VaultCall['operation'], path: string, body: object): VaultCall {
  // Parity: the official client renews with PUT.
  return { ...asLogin(login), operation, method: 'PUT', path, query: '', body: JSON.stringify(body) };
}

function asLogin({ store, identity, token }: KeptLogin): Pick<VaultCall, 'store' | 'identity' | 'token'> {
  return { store, token, ...(identity && { identity }) };
}
