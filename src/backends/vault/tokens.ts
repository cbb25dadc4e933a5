import { LRUCache } from 'lru-cache';

import { SecretError } from '../../core/errors.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import type { Ask } from './ask.ts';
import type { VaultClient } from './client.ts';
import { digestCredential, readCredential } from './credential.ts';
import { identityOf, isShareableGrant } from './identity.ts';
import { KeptLogin, type KeptLoginOptions } from './kept-login.ts';
import { maxTokens, sharedCallTimeoutMs } from './limits.ts';
import { LoginRefusals } from './login-refusals.ts';
import { logIn, type Grant } from './login.ts';

export interface TokensDeps {
  readonly clock: Clock;
  readonly client: VaultClient;
  readonly metrics: Pick<Metrics, 'tokens'>;
  readonly tokenIssuer: TokenIssuer | undefined;
  readonly renew: KeptLoginOptions['renew'];
  readonly isDead: KeptLoginOptions['isDead'];
}

/** A login for as long as the caller needs it. */
export interface HeldLogin extends Disposable {
  readonly login: KeptLogin;
}

export type Scope = 'shared' | 'pod';

interface Entry {
  readonly login: KeptLogin;
  readonly hold: Disposable;
}

/**
 * The logins, one per identity: a pod, or all pods of an account whose own logins have proven to be the same. Every pod
 * logs in once with its own token: before that it gets nothing of the account it claims to be of.
 */
export class Tokens {
  readonly #deps: TokensDeps;
  readonly #entries: LRUCache<string, Entry>;
  /** What the own login of a pod has shown. */
  readonly #verdicts = new LRUCache<string, Scope>({ max: maxTokens });
  readonly #flights: SingleFlight<KeptLogin>;
  readonly #refusals: LoginRefusals;

  constructor(deps: TokensDeps) {
    this.#deps = deps;
    this.#flights = new SingleFlight({ clock: deps.clock, timeoutMs: sharedCallTimeoutMs });
    this.#refusals = new LoginRefusals(deps.clock);
    this.#entries = new LRUCache({ max: maxTokens, dispose: ({ hold }) => hold[Symbol.dispose]() });
  }

  /** Logs in only when nothing is known. Throws what the login throws. */
  async scopeOf(ask: Ask): Promise<Scope> {
    const { pod, account } = identityOf(ask.ref, ask.caller);
    if (account === undefined) return 'pod';
    const known = this.#verdicts.get(pod);
    if (known !== undefined) return known;
    (await this.acquire(ask))[Symbol.dispose]();
    return this.#verdicts.get(pod) ?? 'pod';
  }

  /** The login to use now. `refused` is the one that Vault no longer took: another is made, once for all who ask. */
  async acquire(ask: Ask, refused?: KeptLogin): Promise<HeldLogin> {
    for (;;) {
      const login = await this.#find(ask, refused);
      const hold = login.hold('use');
      if (hold) return { login, [Symbol.dispose]: () => hold[Symbol.dispose]() };
    }
  }

  close(): void {
    this.#entries.clear();
  }

  async #find(ask: Ask, refused: KeptLogin | undefined): Promise<KeptLogin> {
    const { pod, account } = identityOf(ask.ref, ask.caller);
    const isShared = account !== undefined && this.#verdicts.get(pod) === 'shared';
    return await this.#get(isShared ? account : pod, ask, refused);
  }

  async #get(key: string, ask: Ask, refused: KeptLogin | undefined): Promise<KeptLogin> {
    const kept = this.#entries.get(key)?.login;
    if (!kept?.isUsable || kept === refused) return await this.#logInOnce(key, ask);
    if (!kept.isDue) return kept;
    try {
      return await this.#logInOnce(key, ask);
    } catch (error) {
      // The old one is good until its end.
      if (ask.signal.aborted || !kept.isUsable) throw error;
      kept.postpone();
      return kept;
    }
  }

  /** One login per key at a time. Who waited for another pod's login that was refused tries its own. */
  async #logInOnce(key: string, ask: Ask): Promise<KeptLogin> {
    const { pod } = identityOf(ask.ref, ask.caller);
    let isOwn = false;
    const run = (signal: AbortSignal): Promise<KeptLogin> => {
      isOwn = true;
      return this.#logIn(key, { ...ask, signal });
    };
    try {
      return await this.#flights.join(key, { signal: ask.signal, run });
    } catch (error) {
      const isOutage = !(error instanceof SecretError) || error.isOutage;
      if (isOwn || key === pod || isOutage || ask.signal.aborted) throw error;
      return await this.#flights.join(pod, { signal: ask.signal, run });
    }
  }

  async #logIn(key: string, ask: Ask): Promise<KeptLogin> {
    const { client, tokenIssuer } = this.#deps;
    const credential = await readCredential(ask.ref, ask.caller, { tokenIssuer, signal: ask.signal });
    const { store } = ask.ref;
    const attempt = `${key} ${digestCredential(credential)}`;
    this.#refusals.check(attempt);
    try {
      const grant = await logIn(client, credential, { store, signal: ask.signal });
      this.#refusals.clear(attempt);
      return this.#keep(ask, grant);
    } catch (error) {
      if (error instanceof SecretError && error.code === 'VAULT_LOGIN_REFUSED') this.#refusals.note(attempt, error);
      throw error;
    }
  }

  #keep(ask: Ask, grant: Grant): KeptLogin {
    const { clock, renew, isDead, metrics } = this.#deps;
    const { pod, account } = identityOf(ask.ref, ask.caller);
    const isShared = account !== undefined && isShareableGrant(grant, ask.caller);
    const key = isShared ? account : pod;
    const onEnd = (ended: KeptLogin): void => this.#drop(key, ended);
    const login = new KeptLogin({ clock, store: ask.ref.store, grant, renew, isDead, onEnd });
    if (account !== undefined) this.#verdicts.set(pod, isShared ? 'shared' : 'pod');
    if (account !== undefined && !isShared) this.#entries.delete(account);
    const hold = login.hold('cache');
    if (hold) this.#entries.set(key, { login, hold });
    metrics.tokens.set({ store: 'vault' }, this.#entries.size);
    return login;
  }

  #drop(key: string, login: KeptLogin): void {
    if (this.#entries.get(key)?.login === login) this.#entries.delete(key);
    this.#deps.metrics.tokens.set({ store: 'vault' }, this.#entries.size);
  }
}
