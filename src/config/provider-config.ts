import type { Parsed } from '../core/problem.ts';
import { type Environment, type FlagValues, type Given, readFlags } from './flag.ts';
import { providerFlags } from './provider-flags.ts';
import type { StoreConfig } from './store-config.ts';
import { readStoreEnvironment } from './store-environment.ts';

/** Everything that a provider daemon is told, frozen. Durations in milliseconds. */
export interface ProviderConfig extends StoreConfig, Readonly<FlagValues<typeof providerFlags>> {
  /** Of the node on which this runs (NODE_NAME, by the downward API): where to look for a region that nothing else names. */
  readonly nodeName: string | undefined;
}

/** Flags and store variables together; the mistakes of both at once. */
export function readProviderConfig(given: Given, env: Environment): Parsed<ProviderConfig> {
  const flags = readFlags(providerFlags, given, env);
  const store = readStoreEnvironment(env);
  if (!flags.ok || !store.ok) {
    return { ok: false, problems: [flags, store].flatMap((read) => (read.ok ? [] : read.problems)) };
  }
  const { stores, ignored } = store.value;
  const nodeName = env['NODE_NAME'] || undefined;
  return { ok: true, value: Object.freeze({ ...flags.value, stores, nodeName, ignoredVariables: ignored }) };
}
