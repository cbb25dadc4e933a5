import { quoteKey } from '../core/select.ts';
import type { DesiredSecret } from './secret-object.ts';

/** What the API server lets the values of a Secret take together. */
const maxDataBytes = 1024 * 1024;
/** What etcd takes in one request, less what others may add: owners, their fields, encryption. */
const maxStoredBytes = 1536 * 1024 - 64 * 1024;
/** What stands around a name and a value, and around the name among our fields. */
const entryBytes = 40;
const listedKeys = 3;

/** Why a Secret is too large: the end of a sentence that starts with it. Undefined: it is not. */
export function checkSize(secret: DesiredSecret): string | undefined {
  const bySize = [...secret.data].map(([key, { size }]) => ({ key, size })).toSorted((a, b) => b.size - a.size);
  const dataBytes = bySize.reduce((sum, { size }) => sum + size, 0);
  const largest = bySize.slice(0, listedKeys).map(({ key, size }) => `${quoteKey(key)} with ${count(size)} bytes`);
  const remedy = `the largest keys are ${largest.join(', ')}; split it over several secretObjects`;
  if (dataBytes > maxDataBytes)
    return `its data take ${count(dataBytes)} bytes of the ${count(maxDataBytes)} that Kubernetes allows; ${remedy}`;
  const storedBytes = dataBytes + overheadBytes(secret);
  if (storedBytes <= maxStoredBytes) return undefined;
  return `with all names, labels and annotations it takes ${count(storedBytes)} bytes of the ${count(maxStoredBytes)} that etcd has room for; ${remedy}`;
}

/** The API server keeps every name twice: where it stands, and among the fields that we manage. */
function overheadBytes({ data, labels, annotations }: DesiredSecret): number {
  const values = [...Object.values(labels), ...Object.values(annotations)];
  const names = [...data.keys(), ...Object.keys(labels), ...Object.keys(annotations)];
  const nameBytes = names.reduce((sum, name) => sum + 2 * name.length + entryBytes, 0);
  return values.reduce((sum, value) => sum + Buffer.byteLength(value), nameBytes);
}

/** `1,048,576` */
function count(bytes: number): string {
  return bytes.toLocaleString('en-US');
}
