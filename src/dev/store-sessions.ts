import type { Clock } from '../platform/clock.ts';
import type { PodIdentity } from './pod-tokens.ts';

export interface StoreSession {
  readonly token: string;
  readonly accessor: string;
  readonly identity: PodIdentity;
  readonly role: string;
}

interface Entry {
  readonly session: StoreSession;
  expiresMs: number;
}

/** How long a store token lives from its login or last renewal. */
export const sessionSeconds = 3600;

/** The tokens that the Vault-shaped store has given out. */
export class StoreSessions {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => string;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: { readonly clock: Clock; readonly random: (bytes: number) => string }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  open(identity: PodIdentity, role: string): StoreSession {
    const session = { token: `hvs.${this.#random(16)}`, accessor: this.#random(12), identity, role };
    this.#entries.set(session.token, { session, expiresMs: this.#expiry() });
    return session;
  }

  find(token: string): StoreSession | undefined {
    return this.#entry(token)?.session;
  }

  renew(token: string): StoreSession | undefined {
    const entry = this.#entry(token);
    if (entry) entry.expiresMs = this.#expiry();
    return entry?.session;
  }

  #entry(token: string): Entry | undefined {
    const entry = this.#entries.get(token);
    if (entry === undefined || entry.expiresMs > this.#clock.now()) return entry;
    this.#entries.delete(token);
    return undefined;
  }

  #expiry(): number {
    return this.#clock.now() + sessionSeconds * 1000;
  }
}
