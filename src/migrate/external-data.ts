import type { Fields } from './fields.ts';
import { readRemote, type Remote, type Wanted, type WantedKey } from './remote.ts';
import type { Store } from './store.ts';
import type { StoreIndex } from './store-index.ts';

export interface DataContext {
  readonly stores: StoreIndex;
  readonly namespace: string;
}

/** `data` and `dataFrom`; what lockstep has no word for is reported and left out. */
export function readWanted(spec: Fields, context: DataContext): Wanted {
  const fallback = spec.has('secretStoreRef') ? findStore(spec, 'secretStoreRef', context) : undefined;
  const keys = spec.list('data').flatMap((entry) => readDatum(entry, fallback, context));
  const extracts = spec.list('dataFrom').flatMap((entry) => readDataFrom(entry, fallback, context));
  return { keys, extracts };
}

function findStore(parent: Fields, name: string, { stores, namespace }: DataContext): Store | undefined {
  const ref = parent.fields(name);
  return ref && stores.find(ref, namespace);
}

/** `sourceRef.storeRef` before the store of the whole. Undefined: there is none; why is reported. */
function storeOf(entry: Fields, fallback: Store | undefined, context: DataContext): Store | undefined {
  const source = entry.fields('sourceRef');
  if (source === undefined) return fallback;
  source.refuse('generatorRef', generator);
  return source.has('storeRef') ? findStore(source, 'storeRef', context) : fallback;
}

const generator = {
  rule: 'generator',
  message:
    'asks a generator, which lockstep does not have; the entry is left out. A dynamic secret of Vault is an object like any other; ' +
    'for the rest leave this ExternalSecret with the operator',
} as const;

function readDatum(entry: Fields, fallback: Store | undefined, context: DataContext): readonly WantedKey[] {
  const name = entry.text('secretKey');
  const store = storeOf(entry, fallback, context);
  const ref = entry.fields('remoteRef');
  if (ref === undefined) entry.remark('remoteRef', { rule: 'manifest-invalid', message: 'is missing' });
  if (store === undefined || ref === undefined) {
    entry.skip('remoteRef');
    ref?.skip(...ref.names());
    return [];
  }
  const remote = readRemote(ref, store, 'remoteRef');
  return remote === undefined ? [] : [{ name, remote }];
}

function readDataFrom(entry: Fields, fallback: Store | undefined, context: DataContext): readonly Remote[] {
  const hasGenerator = entry.fields('sourceRef')?.has('generatorRef') ?? false;
  const store = storeOf(entry, fallback, context);
  const isFind = entry.refuse('find', {
    rule: 'find',
    message:
      'looks for secrets by name or tag, which lockstep does not: a class names what it reads, so that a review shows it; the entry ' +
      'is left out. List the secrets one by one',
  });
  const isRewritten = entry.refuse('rewrite', {
    rule: 'rewrite',
    message:
      'renames keys that are known only when the secret is read; the entry is left out. Name the keys under data with the names they ' +
      'shall have',
  });
  const extract = entry.fields('extract');
  if (extract === undefined) {
    if (!isFind && !hasGenerator)
      entry.remark(undefined, { rule: 'manifest-invalid', message: 'says neither extract nor find' });
    return [];
  }
  if (store === undefined || isRewritten) {
    extract.skip(...extract.names());
    return [];
  }
  const remote = readRemote(extract, store, 'extract');
  return remote === undefined ? [] : [remote];
}
