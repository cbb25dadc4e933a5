import type { ControllerConfig } from '../config/controller-config.ts';
import type { ProviderConfig } from '../config/provider-config.ts';
import type { Logger } from '../platform/logger.ts';

/** A daemon as the commands see it; a composition root makes it. */
export interface Daemon {
  readonly logger: Logger;
  /** At work when it resolves. Throws SecretError. */
  start(signal: AbortSignal): Promise<void>;
  /** Finishes what is in flight within the grace; an aborted `hurry` ends it at once. Never rejects. */
  stop(hurry: AbortSignal): Promise<void>;
  /** Forgets every cached value; leases stay. */
  flush(): void;
}

export interface DaemonDeps {
  /** Where log lines go. */
  readonly write: (line: string) => void;
}

export type CreateProviderApp = (config: ProviderConfig, deps: DaemonDeps) => Promise<Daemon>;
export type CreateControllerApp = (config: ControllerConfig, deps: DaemonDeps) => Promise<Daemon>;
