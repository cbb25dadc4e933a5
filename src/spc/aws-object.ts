import type { AwsParameterRequest, AwsRef, AwsSecretRequest, AwsStore } from '../core/aws-ref.ts';
import type { PlannedObject } from '../core/plan.ts';
import { AwsFields } from './aws-fields.ts';
import { readMode, readPath } from './aws-file.ts';
import { type AwsJmesEntry, readJmesEntries } from './aws-jmes.ts';
import { type AwsObjectType, isObjectType, quote } from './aws-name.ts';
import {
  type AwsRequestFields,
  checkRequest,
  readFailover,
  readRequestFields,
  requestFieldNames,
} from './aws-request.ts';
import type { AwsClass } from './aws-store.ts';
import type { NamedFile } from './object-list.ts';
import type { YamlMapping } from './yaml-node.ts';
import type { YamlPlace } from './yaml-place.ts';

/** A file of a class, and where its text asks for it. */
export interface AwsFile {
  readonly object: PlannedObject;
  readonly file: NamedFile;
}

export interface AwsObjectContext {
  readonly awsClass: AwsClass;
  /** Mode of files for which nothing says one. */
  readonly defaultMode: number;
}

/** The fields an entry may have. Parity: others are ignored. */
const objectFields = [
  ...requestFieldNames,
  'objectType',
  'objectAlias',
  'filePermission',
  'jmesPath',
  'failoverObject',
  'optional',
  'expand',
] as const;

/** The files of one entry of `objects`: its own, then those of its jmesPath. Files its problems at `place`. */
export function readAwsObject(
  mapping: YamlMapping,
  place: YamlPlace,
  { awsClass, defaultMode }: AwsObjectContext,
): readonly AwsFile[] {
  const fields = new AwsFields(mapping, place, objectFields);
  const { region, failoverRegion, translation } = awsClass;
  const request = readRequestFields(fields);
  const alias = fields.text('objectAlias');
  const objectType = readObjectType(fields);
  if (request.name === '') fields.complain('objectName', 'is missing; name the secret or the parameter');
  const type = request.name === '' ? undefined : checkRequest(request, fields, { objectType, region });
  const rules = { objectType: type ?? objectType, region: failoverRegion };
  const failover = readFailover({ node: fields.node('failoverObject'), place, request, alias, rules });
  const field = alias === '' ? 'objectName' : 'objectAlias';
  const path = readPath(alias || request.name, field, { fields, translation });
  const mode = readMode(fields) ?? defaultMode;
  const optional = fields.boolean('optional');
  const expand = fields.boolean('expand');
  const entries = readJmesEntries(fields.node('jmesPath'), { place, translation });
  if (type === undefined) return [];

  const ref = toRef(type, { request, failover }, awsClass);
  const own = toObject({ ref, path, mode, select: { kind: 'raw' }, optional, expand });
  const file = { path, entry: place.path, field, line: fields.lineOf(field) };
  return [{ object: own, file }, ...entries.map((entry) => toPart(own, entry, place))];
}

function readObjectType(fields: Pick<AwsFields<'objectType'>, 'text' | 'complain'>): string {
  const objectType = fields.text('objectType');
  if (objectType !== '' && !isObjectType(objectType)) {
    fields.complain('objectType', `is ${quote(objectType)}; it must be secretsmanager or ssmparameter`);
  }
  return objectType;
}

/** Parity: the version is the store's, and is filed under the path. */
function toObject(given: Omit<PlannedObject, 'name' | 'encoding' | 'version'>): PlannedObject {
  return { ...given, name: given.path, encoding: 'utf-8', version: { kind: 'store' } };
}

function toPart(
  own: PlannedObject,
  { at, line, path, expression, mode, optional }: AwsJmesEntry,
  place: YamlPlace,
): AwsFile {
  const object = toObject({
    ref: own.ref,
    path,
    mode: mode ?? own.mode,
    select: { kind: 'jmesPath', expression },
    optional: own.optional || optional,
    expand: false,
  });
  return { object, file: { path, entry: place.path, field: `${at}.objectAlias`, line } };
}

interface Asked {
  readonly request: AwsRequestFields;
  readonly failover: AwsRequestFields | undefined;
}

function toRef(
  type: AwsObjectType,
  { request, failover }: Asked,
  { region = '', failoverRegion, identity }: AwsClass,
): AwsRef {
  const store: AwsStore = { region, ...(failoverRegion !== undefined && { failoverRegion }), identity };
  if (type === 'secretsmanager') {
    const asked = { request: toSecretRequest(request), ...(failover && { failover: toSecretRequest(failover) }) };
    return { kind: 'aws-secret', store, ...asked };
  }
  const asked = { request: toParameterRequest(request), ...(failover && { failover: toParameterRequest(failover) }) };
  return { kind: 'aws-parameter', store, ...asked };
}

function toSecretRequest({ name, version, label }: AwsRequestFields): AwsSecretRequest {
  return { secretId: name, ...(version && { versionId: version }), ...(label && { versionStage: label }) };
}

function toParameterRequest({ name, version, label }: AwsRequestFields): AwsParameterRequest {
  return { name, ...(version && { version }), ...(label && { label }) };
}
