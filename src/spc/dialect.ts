import { LRUCache } from 'lru-cache';

import type { Caller } from '../core/caller.ts';
import type { Plan } from '../core/plan.ts';
import type { Parsed } from '../core/problem.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { StoreDefaults } from '../core/store-defaults.ts';
import { awsDialect } from './aws-dialect.ts';
import type { ClassDialect, ClassPlan } from './class-dialect.ts';
import { lockstepDialect } from './lockstep-dialect.ts';
import { createVaultDialect } from './vault-dialect.ts';
import { openbaoFlavour, vaultFlavour } from './vault-parameters.ts';

const vault = createVaultDialect(vaultFlavour);
const openbao = createVaultDialect(openbaoFlavour);

/** The dialect of every provider name. */
export const classDialects = {
  vault,
  openbao,
  aws: awsDialect,
  'lockstep-vault': vault,
  'lockstep-openbao': openbao,
  'lockstep-aws': awsDialect,
  lockstep: lockstepDialect,
} as const satisfies Readonly<Record<ProviderName, ClassDialect>>;

/** One class as a caller asks for it. */
export interface ClassInput {
  /** `spec.parameters`, or the attributes of a mount: names that mean nothing here are ignored. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly caller: Caller;
  /** Mode of files for which the manifest says none. */
  readonly defaultMode: number;
}

/** Never throws; all problems at once. */
export type Dialect = (input: ClassInput, defaults: StoreDefaults) => Parsed<Plan>;

export interface DialectOptions {
  /** How many parsed classes are kept, over all providers; at least 1. */
  readonly cacheSize: number;
}

/** Characters of parameters that the cache keeps, besides its number of classes: parsed they take several times that. */
const maxCachedLength = 16 * 1024 * 1024;

/**
 * A dialect per provider name. A mount repeats every minute with the same class, so what was parsed is kept, keyed by the
 * parameters that the dialect reads and nothing else: neither pod nor token is in the cache.
 */
export function createDialects({ cacheSize }: DialectOptions): Readonly<Record<ProviderName, Dialect>> {
  const cache: ClassCache = new LRUCache({
    max: cacheSize,
    maxSize: maxCachedLength,
    sizeCalculation: (_, key) => key.length,
  });
  return {
    vault: toDialect('vault', cache),
    openbao: toDialect('openbao', cache),
    aws: toDialect('aws', cache),
    'lockstep-vault': toDialect('lockstep-vault', cache),
    'lockstep-openbao': toDialect('lockstep-openbao', cache),
    'lockstep-aws': toDialect('lockstep-aws', cache),
    lockstep: toDialect('lockstep', cache),
  };
}

type ClassCache = LRUCache<string, CachedClass>;

interface CachedClass {
  /** With these it was parsed. */
  readonly defaults: StoreDefaults;
  readonly parsed: Parsed<ClassPlan>;
}

function toDialect(name: ProviderName, cache: ClassCache): Dialect {
  const dialect: ClassDialect = classDialects[name];
  return ({ parameters, caller, defaultMode }, defaults) => {
    const key = JSON.stringify([
      name,
      defaultMode,
      dialect.parameterNames.map((parameter) => parameters.get(parameter)),
    ]);
    const cached = cache.get(key);
    const parsed = cached?.defaults === defaults ? cached.parsed : dialect.parse(parameters, { defaults, defaultMode });
    if (cached?.parsed !== parsed) cache.set(key, { defaults, parsed });
    return parsed.ok ? { ok: true, value: { caller, ...parsed.value } } : parsed;
  };
}
