import type { VaultTls } from './object-ref.ts';

/** What the daemon's flags and environment say where a manifest says nothing. One per flavour of provider. */
export interface StoreDefaults {
  readonly vault: VaultDefaults;
  readonly openbao: VaultDefaults;
}

export interface VaultDefaults {
  readonly address: string;
  readonly namespace: string;
  /** Mount of the auth method, without `auth/`. */
  readonly authMount: string;
  readonly tls: VaultTls;
}
