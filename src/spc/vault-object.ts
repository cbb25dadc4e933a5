import { checkFilePath } from '../core/file-path.ts';
import { marshalGo } from '../core/go-json.ts';
import { nearest } from '../core/nearest.ts';
import type { Encoding } from '../core/plan.ts';
import { parseSecretPath, type VaultPath } from '../core/vault-path.ts';
import type { ObjectRemark } from './class-dialect.ts';
import { readArguments, type VaultArguments } from './vault-arguments.ts';
import { readFields, type YamlField } from './yaml-fields.ts';
import type { YamlMapping } from './yaml-node.ts';
import { under, type YamlPlace } from './yaml-place.ts';
import { readBoolean, readMode, readText } from './yaml-values.ts';

/** One entry of `objects`, checked. */
export interface VaultObject {
  /** `objects[2]`; counts null entries, which are left out. */
  readonly at: string;
  /** Of its name, inside the text of `objects`. */
  readonly line: number;
  readonly name: string;
  readonly secretPath: VaultPath;
  /** Empty: the whole answer. */
  readonly secretKey: string;
  /** Empty: GET. */
  readonly method: string;
  readonly arguments: VaultArguments;
  /** 0: what the driver asks for. */
  readonly filePermission: number;
  readonly encoding: Encoding;
  readonly optional: boolean;
  readonly expand: boolean;
  readonly versionInput: string;
}

/** The fields an entry may have. Parity: others are ignored. */
const vaultObjectFields = [
  'objectName',
  'secretPath',
  'secretKey',
  'method',
  'secretArgs',
  'filePermission',
  'encoding',
  'optional',
  'expand',
] as const;

type FieldName = (typeof vaultObjectFields)[number];

const knownFields: ReadonlySet<string> = new Set(vaultObjectFields);
/** What HTTP allows as a method. */
const httpToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const encodings: ReadonlyMap<string, Encoding> = new Map([
  ['', 'utf-8'],
  ['utf-8', 'utf-8'],
  ['base64', 'base64'],
  ['hex', 'hex'],
]);

/** Files its problems at `place`. Undefined: too much is wrong to go on with the object. */
export function readVaultObject(mapping: YamlMapping, place: YamlPlace): VaultObject | undefined {
  const reader = new FieldReader(mapping, place);
  const name = reader.read('objectName', readText, '');
  const path = reader.read('secretPath', readText, '');
  const secretKey = reader.read('secretKey', readText, '');
  const method = reader.read('method', readText, '');
  const args = reader.read('secretArgs', readArguments, {});
  const filePermission = reader.read('filePermission', readMode, 0);
  const encoding = reader.read('encoding', readText, '');
  const optional = reader.read('optional', readBoolean, false);
  const expand = reader.read('expand', readBoolean, false);

  reader.remarkUnknown();
  remarkUnlikely(filePermission, args, reader);
  checkName(name, reader);
  checkMethod(method, reader);
  const secretPath = checkPath(path, reader);
  const checkedEncoding = secretKey === '' ? 'utf-8' : checkEncoding(encoding, reader);
  if (secretPath === undefined || checkedEncoding === undefined) return undefined;
  const versionInput = toVersionInput({ name, path, secretKey, method, args, filePermission, encoding });
  const { at, line } = { at: place.path, line: reader.lineOf('objectName') };
  const request = { secretPath, secretKey, method, arguments: args };
  return {
    at,
    line,
    name,
    ...request,
    filePermission,
    encoding: checkedEncoding,
    optional,
    expand,
    versionInput,
  };
}

/** The fields of one entry; a field that is missing has the value given for that. */
class FieldReader {
  readonly #fields: ReadonlyMap<string, YamlField>;
  readonly #mapping: YamlMapping;
  readonly #place: YamlPlace;
  readonly #unreadable = new Set<FieldName>();

  constructor(mapping: YamlMapping, place: YamlPlace) {
    this.#mapping = mapping;
    this.#place = place;
    this.#fields = readFields(mapping, place);
  }

  read<T>(name: FieldName, readValue: (node: YamlField['value'], place: YamlPlace) => T, missing: T): T {
    const field = this.#fields.get(name);
    if (field === undefined) return missing;
    const { problems } = this.#place.reading;
    const before = problems.length;
    const value = readValue(field.value, under(this.#place, name));
    if (problems.length > before) this.#unreadable.add(name);
    return value;
  }

  /** Says nothing about a field that could not even be read. */
  complain(name: FieldName, message: string, code?: 'PATH_FORBIDDEN'): void {
    if (this.#unreadable.has(name)) return;
    const problem = { path: `${this.#place.path}.${name}`, line: this.lineOf(name), message };
    this.#place.reading.problems.push(code === undefined ? problem : { ...problem, code });
  }

  lineOf(name: FieldName): number {
    return this.#fields.get(name)?.key.line ?? this.#mapping.line;
  }

  remark(remark: Pick<ObjectRemark, 'severity' | 'rule' | 'message'>, name: FieldName): void {
    this.#place.reading.remarks.push({ ...remark, path: `${this.#place.path}.${name}`, line: this.lineOf(name) });
  }

  remarkUnknown(): void {
    for (const [name, { key }] of this.#fields) {
      if (knownFields.has(name)) continue;
      const meant = nearest(name, vaultObjectFields);
      const message = `is not known and ignored${meant === undefined ? '' : `; did you mean ${meant}?`}`;
      const path = `${this.#place.path}.${name}`;
      this.#place.reading.remarks.push({ severity: 'warning', rule: 'field-unknown', path, line: key.line, message });
    }
  }
}

/** What a mount accepts, or refuses only when it asks the store. */
function remarkUnlikely(filePermission: number, { unsendable }: VaultArguments, reader: FieldReader): void {
  if (filePermission > 0o777) {
    const message = `is ${filePermission} in decimal, more than permissions need; write it in octal, such as 0644`;
    reader.remark({ severity: 'warning', rule: 'mode-unlikely', message }, 'filePermission');
  }
  if (unsendable !== undefined) {
    reader.remark({ severity: 'error', rule: 'arguments-unsendable', message: unsendable }, 'secretArgs');
  }
}

/** Unlike the official provider, which leaves this to the driver: there one bad name fails the mount late. */
function checkName(name: string, reader: FieldReader): void {
  const reason = checkFilePath(name);
  if (reason !== undefined)
    reader.complain('objectName', `${quote(name)} ${reason}; it is the file's path inside the volume`);
}

function checkMethod(method: string, reader: FieldReader): void {
  if (method === '' || httpToken.test(method)) return;
  reader.complain('method', `${quote(method)} is no HTTP method; write GET, PUT, POST or LIST`);
}

function checkPath(path: string, reader: FieldReader): VaultPath | undefined {
  const parsed = parseSecretPath(path);
  if (parsed.ok) return parsed.value;
  reader.complain(
    'secretPath',
    `${quote(path)} ${parsed.reason}`,
    parsed.code === undefined ? undefined : 'PATH_FORBIDDEN',
  );
  return undefined;
}

/** Parity: in any case, and not looked at when there is no secretKey. */
function checkEncoding(encoding: string, reader: FieldReader): Encoding | undefined {
  const known = encodings.get(encoding.toLowerCase());
  if (known === undefined) reader.complain('encoding', `${quote(encoding)} is not known; write utf-8, base64 or hex`);
  return known;
}

interface ObjectConfig {
  readonly name: string;
  readonly path: string;
  readonly secretKey: string;
  readonly method: string;
  readonly args: VaultArguments;
  readonly filePermission: number;
  readonly encoding: string;
}

/** Parity: the object as the official provider marshals it into the version, with what was written and no defaults. */
function toVersionInput({ name, path, secretKey, method, args, filePermission, encoding }: ObjectConfig): string {
  const members = [
    ['ObjectName', marshalGo(name)],
    ['SecretPath', marshalGo(path)],
    ['SecretKey', marshalGo(secretKey)],
    ['Method', marshalGo(method)],
    ['SecretArgs', args.json ?? 'null'],
    ['FilePermission', String(filePermission)],
    ['Encoding', marshalGo(encoding)],
  ];
  return `{${members.map(([key, json]) => `"${key}":${json}`).join(',')}}`;
}

const maxShown = 100;

function quote(text: string): string {
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}
