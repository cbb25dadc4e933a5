import type { VaultStore } from '../../core/object-ref.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TlsIdentity } from './call.ts';
import { Lifetime, type Renewal } from './lifetime.ts';
import { idleMs } from './limits.ts';
import type { Grant } from './login.ts';

export interface KeptLoginOptions {
  readonly clock: Clock;
  readonly store: VaultStore;
  readonly grant: Grant;
  /** Prolongs the token. Never rejects. */
  readonly renew: (login: KeptLogin) => Promise<Renewal>;
  /** Whether Vault knows the token no more. Never rejects. */
  readonly isDead: (login: KeptLogin) => Promise<boolean>;
  readonly onEnd: (login: KeptLogin) => void;
}

/**
 * A Vault token in use. It is renewed while somebody used it lately or it holds leases, and its bytes are wiped when the
 * last hold is gone. It is never revoked: Vault would revoke its leases too.
 */
export class KeptLogin {
  readonly store: VaultStore;
  readonly identity: TlsIdentity | undefined;
  readonly token: SecretBytes;
  readonly createdAtMs: number;
  readonly #clock: Clock;
  readonly #lifetime: Lifetime;
  readonly #isDead: KeptLoginOptions['isDead'];
  #holds = 0;
  #leases = 0;
  #usedAtMs: number;
  #isWiped = false;
  #isProven = false;

  constructor({ clock, grant, store, renew, isDead, onEnd }: KeptLoginOptions) {
    this.#isDead = isDead;
    this.store = store;
    this.identity = grant.identity;
    this.token = grant.token;
    this.#clock = clock;
    this.createdAtMs = clock.now();
    this.#usedAtMs = clock.now();
    this.#lifetime = new Lifetime({
      clock,
      ttlMs: grant.ttlMs,
      // Renewing would cost one of its uses.
      renewable: grant.renewable && grant.numUses === 0,
      isWanted: () => this.#leases > 0 || clock.now() - this.#usedAtMs < idleMs,
      renew: () => renew(this),
      onEnd: () => onEnd(this),
    });
  }

  /** Milliseconds since the epoch; Infinity: no known end. */
  get endsAtMs(): number {
    return this.#lifetime.endsAtMs;
  }

  get isUsable(): boolean {
    return !this.#isWiped && !this.#lifetime.isOver;
  }

  get isDue(): boolean {
    return this.#lifetime.isDue;
  }

  /** Vault took it for some request. */
  get isProven(): boolean {
    return this.#isProven;
  }

  markProven(): void {
    this.#isProven = true;
  }

  /** A new login failed, and this one stays in use. */
  postpone(): void {
    this.#lifetime.postpone();
  }

  /** A request was refused: where leases depend on the token, Vault is asked whether it is still good. Never rejects. */
  async probe(): Promise<void> {
    if (this.#leases === 0) return;
    using hold = this.hold('cache');
    if (hold && (await this.#isDead(this))) this.#lifetime.end();
  }

  /** Keeps the token from being wiped; undefined when it is too late. A hold for a lease keeps it renewed, too. */
  hold(purpose: 'use' | 'cache' | 'lease'): Disposable | undefined {
    if (this.#isWiped) return undefined;
    this.#holds++;
    if (purpose === 'lease') this.#leases++;
    if (purpose === 'use') this.#usedAtMs = this.#clock.now();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (purpose === 'lease') this.#leases--;
        this.#release();
      },
    };
  }

  #release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#isWiped = true;
    this.#lifetime[Symbol.dispose]();
    this.token.zero();
    this.identity?.cert.zero();
    this.identity?.key.zero();
  }
}
