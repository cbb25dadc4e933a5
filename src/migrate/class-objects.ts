import { awsExtractEntry, awsKeyEntries, type AwsRemote } from './aws-entries.ts';
import type { Fields } from './fields.ts';
import type { Remote } from './remote.ts';
import type { SelectedKey, Selection } from './selection.ts';
import type { Store } from './store.ts';
import {
  toExtractNames,
  vaultExtractEntry,
  vaultKeyEntry,
  type ObjectEntry,
  type VaultRemote,
} from './vault-entries.ts';

/** What a class reads for a selection. */
export interface ClassObjects {
  readonly provider: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly entries: readonly ObjectEntry[];
  /** Those in use. */
  readonly stores: readonly Store[];
  /** Keys that a file of the same name is made for. */
  readonly keys: readonly string[];
  /** What else is a key is known when the secret is read only. */
  readonly hasExtracts: boolean;
}

/** Undefined: nothing is left; why is reported. */
export function toClassObjects(selection: Selection, spec: Fields): ClassObjects | undefined {
  const stores = pickStores(selection, spec);
  const fits = ({ store }: Remote): boolean => stores.some((each) => isSame(each, store));
  const keys = withoutPartsBesideExtracts(selection, spec).filter(({ remote }) => fits(remote));
  const extracts = selection.extracts.filter(fits);
  const made = [...toVaultEntries(keys, extracts), ...toAwsEntries(keys, extracts)];
  if (made.length === 0) return undefined;

  const backends = [...new Set(stores.map(({ backend }) => backend))];
  const isMixed = backends.length > 1;
  const entries = made.map(({ backend, entry }) => (isMixed ? { provider: backend, ...entry } : entry));
  return {
    provider: isMixed ? 'lockstep' : `lockstep-${backends[0]}`,
    parameters: Object.assign({}, ...stores.map(({ parameters }) => parameters)) as Record<string, string>,
    entries,
    stores,
    keys: made.flatMap(({ keys: names }) => names),
    hasExtracts: made.some(({ isExtract }) => isExtract),
  };
}

interface Made {
  readonly backend: Store['backend'];
  readonly entry: ObjectEntry;
  readonly keys: readonly string[];
  readonly isExtract: boolean;
}

/** One of Vault and one of AWS, which is what a class can have; others are reported. */
function pickStores({ keys, extracts }: Selection, spec: Fields): readonly Store[] {
  const picked: Store[] = [];
  for (const { store, fields } of [...keys.map(({ remote }) => remote), ...extracts]) {
    const known = picked.find(({ backend }) => backend === store.backend);
    if (known === undefined) picked.push(store);
    else if (!isSame(known, store)) {
      fields.remark(undefined, {
        rule: 'several-stores',
        message:
          'is of another store than the entries before, and a class reads one; it is left out. Split the ExternalSecret in two',
      });
    }
  }
  const accounts = new Set(picked.map(({ account }) => account?.name));
  if (accounts.size > 1) {
    spec.remark(undefined, {
      rule: 'several-stores',
      message: 'reads stores with different service accounts, and a class has one: let one account read both',
    });
  }
  return picked;
}

/** Engine, version and prefix are part of every entry and may differ. */
function isSame(a: Store, b: Store): boolean {
  return a.backend === b.backend && toId(a) === toId(b);
}

function toId({ parameters, account, credentials }: Store): string {
  return JSON.stringify([parameters, account, credentials]);
}

/** A part of a secret of AWS brings the whole secret as a file of its own, which would become a key beside the extracted ones. */
function withoutPartsBesideExtracts({ keys, extracts }: Selection, spec: Fields): readonly SelectedKey[] {
  if (extracts.length === 0) return keys;
  return keys.filter(({ key, remote }) => {
    if (remote.store.backend !== 'aws' || remote.property === '') return true;
    spec.remark(undefined, {
      rule: 'extract',
      message:
        `has the part ${JSON.stringify(key.slice(0, 100))} of a secret of AWS beside dataFrom.extract, which one class cannot have; the key ` +
        'is left out. Name all keys under data',
    });
    return false;
  });
}

function toVaultEntries(keys: readonly SelectedKey[], extracts: readonly Remote[]): readonly Made[] {
  const own = extracts.filter(isVault);
  const names = toExtractNames({ keys: keys.map(({ key, remote }) => ({ name: key, remote })), extracts: own });
  const single = keys.flatMap(({ key, remote }) => {
    const entry = isVault(remote) ? vaultKeyEntry(key, remote) : undefined;
    return entry === undefined ? [] : [{ backend: 'vault', entry, keys: [key], isExtract: false } as const];
  });
  const whole = own.map(
    (remote, index) =>
      ({ backend: 'vault', entry: vaultExtractEntry(names[index] ?? '', remote), keys: [], isExtract: true }) as const,
  );
  return [...single, ...whole];
}

function toAwsEntries(keys: readonly SelectedKey[], extracts: readonly Remote[]): readonly Made[] {
  const own = keys.flatMap(({ key, remote }) => (isAws(remote) ? [{ name: key, remote }] : []));
  const single = awsKeyEntries(own).map(
    (entry) => ({ backend: 'aws', entry, keys: aliasesOf(entry), isExtract: false }) as const,
  );
  const whole = extracts.filter(isAws).flatMap((remote) => {
    const entry = awsExtractEntry(remote);
    return entry === undefined ? [] : [{ backend: 'aws', entry, keys: [], isExtract: true } as const];
  });
  return [...single, ...whole];
}

function aliasesOf({ objectAlias, jmesPath }: ObjectEntry): readonly string[] {
  if (typeof objectAlias === 'string') return [objectAlias];
  return Array.isArray(jmesPath) ? jmesPath.map((part: { readonly objectAlias: string }) => part.objectAlias) : [];
}

function isVault(remote: Remote): remote is VaultRemote {
  return remote.store.backend === 'vault';
}

function isAws(remote: Remote): remote is AwsRemote {
  return remote.store.backend === 'aws';
}
