import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import type { Clock } from '../../platform/clock.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import { accountTokenError, toAccountTokenError } from './account-token-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { keyOf, type KubeObject, resources } from '../objects.ts';
import { type AudienceRules, checkStoreAudience } from './store-audience.ts';

export interface AccountTokensDeps extends AudienceRules {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'timer'>;
}

/** Tokens of service accounts for stores. */
export interface AccountTokens extends TokenIssuer {
  /** The account was changed, deleted or made anew: what was issued is not used again. */
  forget(namespace: string, serviceAccount: string): void;
}

/** The shortest that the API server grants. */
const lifetimeSeconds = 600;
/** Of the life of a token: the rest is for the store to look at it. */
const keptShare = 0.8;
/** Also where the server grants more, or its clock and ours disagree. */
const maxKeptMs = lifetimeSeconds * 1000 * keptShare;
const timeoutMs = 10_000;
const sweepIntervalMs = 60_000;

interface KeptToken {
  readonly token: SecretBytes;
  /** Of the monotonic clock. */
  readonly untilMs: number;
}

/** One service account; it goes as a whole, with what is under way. */
interface Account {
  readonly tokens: Map<string, KeptToken>;
  readonly flights: SingleFlight<SecretBytes>;
}

/**
 * Short-lived tokens of service accounts, by TokenRequest, for the audiences of stores only. One is used for about eight
 * minutes by everything that runs as the account. Bounded by the accounts that were in use in that time.
 */
export function createAccountTokens(
  client: Pick<ApiClient, 'createSubresource'>,
  deps: AccountTokensDeps,
): AccountTokens {
  const { clock } = deps;
  const accounts = new Map<string, Account>();
  let sweptAtMs = clock.monotonic();

  const accountOf = (key: string): Account => {
    const account = accounts.get(key) ?? {
      tokens: new Map<string, KeptToken>(),
      flights: new SingleFlight<SecretBytes>({ clock, timeoutMs }),
    };
    accounts.set(key, account);
    return account;
  };

  const request = async (account: Account, who: Who, signal: AbortSignal): Promise<SecretBytes> => {
    const { token, endsAtMs } = await requestToken(client, who, signal);
    const keptMs = Math.min((endsAtMs - clock.now()) * keptShare, maxKeptMs);
    if (keptMs > 0) account.tokens.set(who.audience, { token, untilMs: clock.monotonic() + keptMs });
    return token;
  };

  const sweep = (): void => {
    const now = clock.monotonic();
    if (now - sweptAtMs < sweepIntervalMs) return;
    sweptAtMs = now;
    for (const [key, { tokens }] of accounts) {
      for (const [audience, { untilMs }] of tokens) if (now >= untilMs) tokens.delete(audience);
      if (tokens.size === 0) accounts.delete(key);
    }
  };

  return {
    async issue(caller, audience, { signal }) {
      signal.throwIfAborted();
      if (caller.kind !== 'service-account') throw new SecretError('INTERNAL', 'a token was requested for no account');
      checkStoreAudience(audience, caller, deps);
      sweep();
      const account = accountOf(keyOf(nameOf(caller)));
      const kept = account.tokens.get(audience);
      if (kept && clock.monotonic() < kept.untilMs) return kept.token;
      const run = (own: AbortSignal): Promise<SecretBytes> => request(account, { caller, audience }, own);
      return await account.flights.join(audience, { signal, run });
    },
    forget(namespace, serviceAccount) {
      accounts.delete(keyOf({ namespace, name: serviceAccount }));
    },
  };
}

/** Whose token, and for whom. */
interface Who {
  readonly caller: Caller;
  readonly audience: string;
}

interface IssuedToken {
  readonly token: SecretBytes;
  /** Milliseconds since the epoch; NaN when the server does not say. */
  readonly endsAtMs: number;
}

async function requestToken(
  client: Pick<ApiClient, 'createSubresource'>,
  { caller, audience }: Who,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience], expirationSeconds: lifetimeSeconds },
  };
  let answer: KubeObject;
  try {
    answer = await client.createSubresource(resources.serviceAccounts, nameOf(caller), 'token', { body, signal });
  } catch (error) {
    throw toAccountTokenError(caller, error);
  }
  const { token, expirationTimestamp } = toStatus(answer);
  if (typeof token === 'string' && token !== '') {
    return { token: SecretBytes.from(token), endsAtMs: Date.parse(String(expirationTimestamp)) };
  }
  throw accountTokenError(caller, 'the API server answered without a token; it is asked again with the next sync');
}

function nameOf({ namespace, serviceAccount }: Caller): { readonly namespace: string; readonly name: string } {
  return { namespace, name: serviceAccount };
}

function toStatus({ status }: KubeObject): { readonly token?: unknown; readonly expirationTimestamp?: unknown } {
  return typeof status === 'object' && status !== null ? status : {};
}
