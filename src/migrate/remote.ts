import type { Fields } from './fields.ts';
import type { Store } from './store.ts';

/** What an entry of an ExternalSecret asks a store for. */
export interface Remote {
  readonly store: Store;
  /** As the manifest has it. */
  readonly key: string;
  /** Empty: all of it. */
  readonly property: string;
  /** Empty: the current one. */
  readonly version: string;
  readonly isBase64: boolean;
  /** Where findings about it belong. */
  readonly fields: Fields;
}

/** One key of the Secret. */
export interface WantedKey {
  /** Of the file, and unless a template says otherwise of the key. */
  readonly name: string;
  readonly remote: Remote;
}

/** `data`, and what of `dataFrom` becomes a key per member. */
export interface Wanted {
  readonly keys: readonly WantedKey[];
  readonly extracts: readonly Remote[];
}

/** `remoteRef` of `data`, `extract` of `dataFrom`. Undefined: there is no key; why is reported. */
export function readRemote(fields: Fields, store: Store, from: 'remoteRef' | 'extract'): Remote | undefined {
  const key = fields.text('key');
  const remote = { store, key, property: fields.text('property'), version: fields.text('version'), fields };
  const isBase64 = readDecoding(fields, from, store);
  refuseRest(fields, from);
  if (key === '') {
    fields.remark('key', { rule: 'manifest-invalid', message: 'is missing' });
    return undefined;
  }
  return isBase64 === undefined ? undefined : { ...remote, isBase64 };
}

/** Undefined: in a way that lockstep does not have. */
function readDecoding(fields: Fields, from: 'remoteRef' | 'extract', store: Store): boolean | undefined {
  const strategy = fields.text('decodingStrategy');
  if (strategy === '' || strategy === 'None') return false;
  if (strategy === 'Base64' && from === 'remoteRef' && store.backend === 'vault') return true;
  fields.remark('decodingStrategy', {
    rule: 'decoding',
    message:
      `is ${JSON.stringify(strategy.slice(0, 40))}, which lockstep does for single keys of Vault in Base64 only; ` +
      'the entry is left out. Store the value as it is meant, which both tools can read',
  });
  return undefined;
}

function refuseRest(fields: Fields, from: 'remoteRef' | 'extract'): void {
  if (fields.text('metadataPolicy') === 'Fetch') {
    fields.remark('metadataPolicy', {
      rule: 'metadata',
      message: 'reads tags or metadata of the secret, which lockstep does not; put what is needed into the secret',
    });
  }
  if (fields.text('conversionStrategy') === 'Unicode' && from === 'extract') {
    fields.remark('conversionStrategy', {
      rule: 'extract',
      message:
        'renames keys that Kubernetes does not take; lockstep names them in the status: name those keys one by one under data',
    });
  }
  if (fields.text('nullBytePolicy') === 'Fail') {
    fields.remark('nullBytePolicy', {
      severity: 'warning',
      rule: 'decoding',
      message: 'has no counterpart: a value is passed on with every byte that it has',
    });
  }
}
