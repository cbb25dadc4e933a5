import { parseProperty } from './property.ts';
import type { Remote, Wanted } from './remote.ts';
import type { VaultSettings } from './store.ts';

/** An entry of the parameter `objects`. */
export type ObjectEntry = Readonly<Record<string, unknown>>;

/** A remote of Vault. */
export type VaultRemote = Remote & { readonly store: VaultSettings };

/** What a file is to be made of; the name of an extract is its own affair. */
export function vaultKeyEntry(name: string, remote: VaultRemote): ObjectEntry | undefined {
  if (remote.property === '') {
    remote.fields.remark(undefined, {
      rule: 'whole-secret',
      message:
        'asks for the whole secret as one JSON document, which lockstep does not make of a secret of Vault; the entry is left out. ' +
        'Name a property, or use dataFrom.extract for one key each',
    });
    return undefined;
  }
  remarkNested(remote);
  return {
    objectName: name,
    secretPath: toSecretPath(remote),
    secretKey: remote.property,
    ...(remote.isBase64 && { encoding: 'base64' }),
  };
}

export function vaultExtractEntry(name: string, remote: VaultRemote): ObjectEntry {
  if (remote.property !== '') remarkNested(remote);
  return {
    objectName: name,
    secretPath: toSecretPath(remote),
    ...(remote.property !== '' && { secretKey: remote.property }),
    expand: true,
  };
}

/** A name for each extract that none of the keys has. */
export function toExtractNames({ keys, extracts }: Wanted): readonly string[] {
  const taken = new Set(keys.map(({ name }) => name));
  const prefix = ['all', 'extract', 'extracted'].find((each) => ![...taken].some((name) => name.startsWith(each)));
  return extracts.map((_, index) => `${prefix ?? 'everything'}-${index + 1}`);
}

/** lockstep reads one level, with every character as it is. */
function remarkNested({ property, fields }: VaultRemote): void {
  const steps = parseProperty(property);
  if (steps?.length === 1 && !property.includes('\\')) return;
  fields.remark('property', {
    severity: 'warning',
    rule: 'property',
    message:
      'is taken for the name of one key, dots and all; if it is a path into a JSON value, store that value under a key of its own',
  });
}

/**
 * Parity: the operator's rules. With an engine: the key without `ENGINE/` and then, for version 2, `data/` before it, below
 * `ENGINE/data` for version 2. Without: as it is, but `data` comes after the first segment for version 2, unless it is in there.
 */
function toSecretPath({ store: { mount, version }, key, version: secretVersion }: VaultRemote): string {
  const query = secretVersion === '' ? '' : `?version=${encodeURIComponent(secretVersion)}`;
  const isV2 = version === 'v2';
  if (mount !== '') {
    const hasEngine = key.startsWith(`${mount}/`);
    const below = hasEngine ? withoutPrefix(key.slice(mount.length + 1), isV2 ? 'data/' : '') : key;
    return `${mount}/${isV2 ? 'data/' : ''}${below}${query}`;
  }
  if (!isV2 || key.includes('/data/')) return `${key}${query}`;
  const [engine = '', ...rest] = key.split('/');
  return `${[engine, 'data', ...rest].join('/')}${query}`;
}

function withoutPrefix(text: string, prefix: string): string {
  return prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
