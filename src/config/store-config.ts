import type { StoreDefaults } from '../core/store-defaults.ts';
import type { FlagValues } from './flag.ts';
import type { storeFlags } from './store-flags.ts';

/** What a daemon is told about the stores. */
export interface StoreConfig extends Readonly<FlagValues<typeof storeFlags>> {
  readonly stores: StoreDefaults;
  /** Store variables that are set and have no effect. */
  readonly ignoredVariables: readonly string[];
}
