import type { ProviderConfig } from '../config/provider-config.ts';
import type { Logger } from '../platform/logger.ts';

/** The provider daemon as the commands see it; the composition root makes it. */
export interface ProviderApp {
  readonly logger: Logger;
  /** Sockets are served when it resolves. Throws SecretError. */
  start(signal: AbortSignal): Promise<void>;
  /** Finishes what is in flight within the grace; an aborted `hurry` answers it at once. Never rejects. */
  stop(hurry: AbortSignal): Promise<void>;
  /** Forgets every cached value; leases stay. */
  flush(): void;
}

export interface ProviderAppDeps {
  /** Where log lines go. */
  readonly write: (line: string) => void;
}

export type CreateProviderApp = (config: ProviderConfig, deps: ProviderAppDeps) => Promise<ProviderApp>;
