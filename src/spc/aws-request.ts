import { AwsFields } from './aws-fields.ts';
import { type AwsObjectType, checkAwsName } from './aws-name.ts';
import { kindNames, type YamlNode } from './yaml-node.ts';
import { complain, under, type YamlPlace } from './yaml-place.ts';

/** What is asked of a store: the fields that an object and its failoverObject have in common. Empty: none. */
export interface AwsRequestFields {
  readonly name: string;
  readonly version: string;
  readonly label: string;
}

export const requestFieldNames = ['objectName', 'objectVersion', 'objectVersionLabel'] as const;

type RequestFields = Pick<AwsFields<(typeof requestFieldNames)[number]>, 'text' | 'complain'>;

export function readRequestFields(fields: RequestFields): AwsRequestFields {
  const name = fields.text('objectName');
  const version = fields.text('objectVersion');
  const label = fields.text('objectVersionLabel');
  return { name, version, label };
}

/** What the name has to fit. */
export interface RequestRules {
  /** Empty: none. */
  readonly objectType: string;
  /** Undefined: not known. */
  readonly region: string | undefined;
}

/** Undefined: the type is not known, and a problem is filed. */
export function checkRequest(
  { name, version, label }: AwsRequestFields,
  fields: RequestFields,
  rules: RequestRules,
): AwsObjectType | undefined {
  const { type, mistakes } = checkAwsName(name, rules);
  for (const mistake of mistakes) fields.complain('objectName', mistake);
  // Parity: a parameter has one selector.
  if (type === 'ssmparameter' && version !== '' && label !== '') {
    fields.complain('objectVersionLabel', 'excludes objectVersion for parameters; remove one of the two');
  }
  return type;
}

export interface FailoverInput {
  readonly node: YamlNode | undefined;
  /** Of the object. */
  readonly place: YamlPlace;
  readonly request: AwsRequestFields;
  readonly alias: string;
  readonly rules: RequestRules;
}

/** Undefined: the failover region is asked the same. Parity: without a name the whole failoverObject does not count. */
export function readFailover({ node, place, request, alias, rules }: FailoverInput): AwsRequestFields | undefined {
  if (node === undefined) return undefined;
  const at = under(place, 'failoverObject');
  if (node.kind !== 'mapping') {
    complain(at, node, `is ${kindNames[node.kind]}; it must be a map with objectName`);
    return undefined;
  }
  const fields = new AwsFields(node, at, requestFieldNames);
  const asked = readRequestFields(fields);
  if (asked.name === '') return undefined;

  if (alias === '') {
    const why = 'with a failoverObject it names the file, whichever region serves it';
    complain(under(place, 'objectAlias'), node, `is missing; ${why}`);
  }
  if (rules.region === undefined) complain(at, node, 'needs the parameter failoverRegion; set it');
  checkRequest(asked, fields, rules);
  if (asked.version !== request.version) {
    fields.complain('objectVersion', 'must be the same in the object and in its failoverObject');
  }
  return { name: asked.name, version: asked.version || request.version, label: asked.label || request.label };
}
