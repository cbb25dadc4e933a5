import { joinWithin } from '../core/clip.ts';
import { type ErrorCode, SecretError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { ResolvedObject } from '../core/plan.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import { quoteKey as quote } from '../core/select.ts';
import { checkDataKey } from './kube-syntax.ts';

import type { DesiredSecret, SecretDatum, SecretObject } from './secret-object.ts';
import { checkSize } from './secret-size.ts';
import { alternativeKeys, checkValue, refuseType, requiredKeys, tlsType } from './secret-types.ts';
import { type SplitKey, splitKeys, splitTls } from './tls.ts';

/** As everywhere for messages. */
const maxMessageBytes = 1024;
const listedFiles = 10;

/**
 * The Secret that an entry of `secretObjects` makes of the files of its class. `files` have distinct paths.
 * Throws SECRET_TYPE_REFUSED, SECRET_INVALID with everything that is wrong with it, or SECRET_TOO_LARGE, each naming Secret, key and
 * object; nothing is let through that the API server would refuse.
 */
export async function renderSecret(object: SecretObject, files: readonly ResolvedObject[]): Promise<DesiredSecret> {
  const { secretName: name, type, labels, annotations, immutable } = object;
  const refusal = refuseType(type);
  if (refusal !== undefined)
    throw failed(object, 'SECRET_TYPE_REFUSED', [`its type ${type} ${refusal}; use another type`]);

  const data = object.data ?? files.map(({ path }) => ({ objectName: path, key: toKey(path) }));
  const sources = findSources(data, files);
  const contents = await toContents(type, sources.found);
  const problems = [
    ...(object.data === undefined ? checkDerivedKeys(data) : []),
    ...sources.problems,
    ...contents.problems,
    ...checkKeys(type, new Set(data.map(({ key }) => key))),
  ];
  if (problems.length > 0) throw failed(object, 'SECRET_INVALID', problems);

  const secret = { name, type, labels, annotations, immutable, data: contents.values };
  const excess = checkSize(secret);
  if (excess !== undefined) throw failed(object, 'SECRET_TOO_LARGE', [excess]);
  return secret;
}

function failed({ secretName }: SecretObject, code: ErrorCode, problems: readonly string[]): SecretError {
  const start = `Secret ${secretName}: `;
  return new SecretError(code, `${start}${joinWithin(problems, maxMessageBytes - start.length)}`);
}

/** A key of a Secret has no slashes. */
function toKey(path: string): string {
  return path.replaceAll('/', '.');
}

/** Keys that an author wrote were checked when they were read. */
function checkDerivedKeys(data: readonly SecretDatum[]): readonly string[] {
  const takenBy = new Map<string, string>();
  return data.flatMap(({ objectName, key }) => {
    const other = takenBy.get(key);
    takenBy.set(key, other ?? objectName);
    const remedy = 'list the data with keys of your own';
    if (other !== undefined) {
      return [`the objects ${quote(other)} and ${quote(objectName)} would both be key ${quote(key)}; ${remedy}`];
    }
    const reason = checkDataKey(key);
    return reason === undefined ? [] : [`object ${quote(objectName)}: ${quote(key)} ${reason}; ${remedy}`];
  });
}

interface Sources {
  readonly found: ReadonlyMap<string, ResolvedObject>;
  readonly problems: readonly string[];
}

function findSources(data: readonly SecretDatum[], files: readonly ResolvedObject[]): Sources {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = new Map<string, ResolvedObject>();
  const problems: string[] = [];
  for (const { objectName, key } of data) {
    const file = byPath.get(objectName);
    if (file) found.set(key, file);
    else
      problems.push(
        `${place(key, objectName)} there is no such object; ${describeFiles(objectName, [...byPath.keys()])}`,
      );
  }
  return { found, problems };
}

function place(key: string, objectName: string): string {
  return `key ${quote(key)} of object ${quote(objectName)}:`;
}

function describeFiles(objectName: string, paths: readonly string[]): string {
  const meant = nearest(objectName, paths);
  if (meant !== undefined) return `did you mean ${quote(meant)}?`;
  if (paths.length === 0) return 'the class has none';
  const more = paths.length > listedFiles ? ` and ${paths.length - listedFiles} more` : '';
  return `the class has ${paths.slice(0, listedFiles).map(quote).join(', ')}${more}`;
}

interface Contents {
  readonly values: ReadonlyMap<string, SecretBytes>;
  readonly problems: readonly string[];
}

async function toContents(type: string, found: Sources['found']): Promise<Contents> {
  const values = new Map([...found].map(([key, { contents }]) => [key, contents]));
  const problems: string[] = [];
  const report = (key: string, reason: string): void => {
    problems.push(`${place(key, found.get(key)?.path ?? '')} ${reason}`);
  };
  if (type === tlsType) {
    const split = await splitTls(pickSplit(found));
    for (const [key, value] of split.values) values.set(key, value);
    for (const [key, reason] of split.failures) report(key, reason);
  }
  for (const [key, value] of values) {
    const reason = checkValue(type, key, value);
    if (reason !== undefined) report(key, `${reason}, which the type ${type} needs; store one`);
  }
  return { values, problems };
}

function pickSplit(found: Sources['found']): ReadonlyMap<SplitKey, ResolvedObject> {
  return new Map(
    splitKeys.flatMap((key) => {
      const file = found.get(key);
      return file ? [[key, file] as const] : [];
    }),
  );
}

function checkKeys(type: string, keys: ReadonlySet<string>): readonly string[] {
  const missing = requiredKeys(type).filter((key) => !keys.has(key));
  const problems = missing.map((key) => `the type ${type} needs the key ${key}; add it to data`);
  const alternatives = alternativeKeys(type);
  if (alternatives.length === 0 || alternatives.some((key) => keys.has(key))) return problems;
  return [...problems, `the type ${type} needs the key ${alternatives.join(' or ')}; add it to data`];
}
