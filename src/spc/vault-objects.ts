import type { Parsed } from '../core/problem.ts';
import { type ObjectList, type ObjectListRules, readObjectList } from './object-list.ts';
import { readVaultObject, type VaultObject } from './vault-object.ts';

/** Parity: null entries are left out, and a list without objects is refused. */
const rules: ObjectListRules<VaultObject> = {
  fields: 'objectName and secretPath',
  emptyList: 'refused',
  nullEntry: 'ignored',
  readEntry: (mapping, place) => toList(readVaultObject(mapping, place)),
  toFile: ({ at, name, line }) => ({ path: name, entry: at, field: 'objectName', line }),
  remedy: 'every objectName must be unique',
};

/**
 * Reads the text of the parameter `objects`. Never throws; every problem at once, with its line in the text.
 * Parity: yaml.v3 on a list of structs.
 */
export function parseVaultObjects(text: string): Parsed<readonly VaultObject[]> {
  const { objects, reading } = readVaultObjects(text);
  return reading.problems.length > 0 ? { ok: false, problems: reading.problems } : { ok: true, value: objects };
}

/** The same with everything that was noticed; objects that are wrong stand in the problems only. */
export function readVaultObjects(text: string): ObjectList<VaultObject> {
  return readObjectList(text, rules);
}

function toList(object: VaultObject | undefined): readonly VaultObject[] {
  return object === undefined ? [] : [object];
}
