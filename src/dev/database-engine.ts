import type { Clock } from '../platform/clock.ts';
import type { DatabaseRole } from './dev-secrets.ts';

export interface GeneratedUser {
  readonly leaseId: string;
  readonly leaseSeconds: number;
  readonly username: string;
  readonly password: string;
}

export interface DatabaseEngineDeps {
  readonly clock: Clock;
  /** Hexadecimal text of that many random bytes. */
  readonly random: (bytes: number) => string;
}

interface Lease {
  readonly role: DatabaseRole;
  readonly endsMs: number;
  expiresMs: number;
}

/** Generates a user per request and keeps its lease, as Vault's database engine does, without a database. */
export class DatabaseEngine {
  readonly #deps: DatabaseEngineDeps;
  readonly #leases = new Map<string, Lease>();

  constructor(deps: DatabaseEngineDeps) {
    this.#deps = deps;
  }

  issue(roleName: string, role: DatabaseRole): GeneratedUser {
    const { clock, random } = this.#deps;
    const now = clock.now();
    const leaseId = `database/creds/${roleName}/${random(12)}`;
    this.#dropExpired(now);
    this.#leases.set(leaseId, {
      role,
      endsMs: now + role.maxTtlSeconds * 1000,
      expiresMs: now + role.ttlSeconds * 1000,
    });
    return {
      leaseId,
      leaseSeconds: role.ttlSeconds,
      username: `v-${roleName.replaceAll('/', '-')}-${random(6)}`,
      password: random(16),
    };
  }

  /** The seconds that the lease lives on, never past its maximum; undefined when it has ended or never was. */
  renew(leaseId: string, incrementSeconds: number | undefined): number | undefined {
    const now = this.#deps.clock.now();
    const lease = this.#leases.get(leaseId);
    if (lease === undefined || lease.expiresMs <= now) return undefined;
    const wantedMs = (incrementSeconds ?? lease.role.ttlSeconds) * 1000;
    lease.expiresMs = Math.min(now + wantedMs, lease.endsMs);
    return Math.floor((lease.expiresMs - now) / 1000);
  }

  #dropExpired(now: number): void {
    for (const [id, lease] of this.#leases) if (lease.expiresMs <= now) this.#leases.delete(id);
  }
}
