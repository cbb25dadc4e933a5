import { parseProperty, toJmesPath } from './property.ts';
import type { Remote, WantedKey } from './remote.ts';
import type { AwsSettings } from './store.ts';
import type { ObjectEntry } from './vault-entries.ts';

export type AwsRemote = Remote & { readonly store: AwsSettings };

type AwsKey = WantedKey & { readonly remote: AwsRemote };

/** One entry for each secret or parameter of which parts are wanted, and one for each that is wanted whole. */
export function awsKeyEntries(keys: readonly AwsKey[]): readonly ObjectEntry[] {
  const entries: ObjectEntry[] = [];
  const parts = new Map<string, object[]>();
  for (const { name, remote } of keys) {
    if (remote.property === '') {
      entries.push({ ...toRequest(remote), objectAlias: name });
      continue;
    }
    const path = toPath(remote);
    if (path === undefined) continue;
    const request = toRequest(remote);
    const id = JSON.stringify(request);
    const known = parts.get(id);
    const part = { path, objectAlias: name };
    if (known !== undefined) known.push(part);
    else {
      const jmesPath = [part];
      parts.set(id, jmesPath);
      entries.push({ ...request, jmesPath });
    }
  }
  return entries;
}

/** Undefined: it cannot be expressed, which is reported. */
export function awsExtractEntry(remote: AwsRemote): ObjectEntry | undefined {
  if (remote.property === '') return { ...toRequest(remote), expand: true };
  remote.fields.remark('property', {
    rule: 'extract',
    message:
      'goes into a part of the secret, of which lockstep cannot make a key each; the entry is left out. Name the keys under data',
  });
  return undefined;
}

/** Parity: `uuid/ID` is a version, anything else a stage; of a parameter a number is a version, anything else a label. */
function toRequest({ store: { objectType, prefix }, key, version }: AwsRemote): ObjectEntry {
  const named = { objectName: `${prefix}${key}`, objectType };
  if (version === '') return named;
  if (objectType === 'ssmparameter') {
    return /^\d+$/.test(version) ? { ...named, objectVersion: version } : { ...named, objectVersionLabel: version };
  }
  const id = /^uuid\/(.+)$/.exec(version)?.[1];
  return id === undefined ? { ...named, objectVersionLabel: version } : { ...named, objectVersion: id };
}

function toPath({ property, fields }: AwsRemote): string | undefined {
  const steps = parseProperty(property);
  if (steps === undefined) {
    fields.remark('property', {
      rule: 'property',
      message:
        'uses more of gjson than names and indexes; the entry is left out. Write it as a jmesPath of the object in the class by hand',
    });
    return undefined;
  }
  if (steps.length > 1) {
    fields.remark('property', {
      severity: 'warning',
      rule: 'property',
      message: `is taken for a path into the JSON; if it is the name of one key with dots in it, write jmesPath ${JSON.stringify(JSON.stringify(property))}`,
    });
  }
  return toJmesPath(steps);
}
