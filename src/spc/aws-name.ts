import { isArn, parseArn } from './aws-arn.ts';

/** The two services that hold objects, as `objectType` names them. */
export type AwsObjectType = 'secretsmanager' | 'ssmparameter';

const objectTypes: ReadonlySet<string> = new Set<AwsObjectType>(['secretsmanager', 'ssmparameter']);

/** By the service that an ARN names. */
const typesByService: ReadonlyMap<string, AwsObjectType> = new Map([
  ['secretsmanager', 'secretsmanager'],
  ['ssm', 'ssmparameter'],
]);

export interface NameRules {
  /** Of the field `objectType`; empty: none. */
  readonly objectType: string;
  /** Where the object must be; undefined: not known. */
  readonly region: string | undefined;
}

/** What a name says, and each thing that is wrong with it: the end of a sentence that starts with the field. */
export interface CheckedName {
  readonly type: AwsObjectType | undefined;
  readonly mistakes: readonly string[];
}

export function isObjectType(text: string): text is AwsObjectType {
  return objectTypes.has(text);
}

/** Parity: an ARN names the region and the service of its object, which must be those of the class and the entry. */
export function checkAwsName(name: string, { objectType, region }: NameRules): CheckedName {
  const given = isObjectType(objectType) ? objectType : undefined;
  const shown = quote(name);
  if (!isArn(name)) {
    const missing = `${shown} is no ARN, so that objectType must say secretsmanager or ssmparameter`;
    return { type: given, mistakes: objectType === '' ? [missing] : [] };
  }
  const arn = parseArn(name);
  if (arn === undefined) return { type: given, mistakes: [`${shown} starts like an ARN and has too few sections`] };

  const mistakes: string[] = [];
  if (region !== undefined && arn.region !== region) {
    mistakes.push(
      `${shown} is in the region ${quote(arn.region)}, and ${quote(region)} is asked; they must be the same`,
    );
  }
  const type = typesByService.get(arn.service);
  if (type === undefined) {
    mistakes.push(
      `${shown} is of the service ${quote(arn.service)}, which holds no secrets; it must be secretsmanager or ssm`,
    );
  } else if (given !== undefined && given !== type) {
    mistakes.push(
      `${shown} is of the service ${quote(arn.service)}, but the objectType is ${given}; remove the objectType`,
    );
  }
  return { type, mistakes };
}

const maxShown = 200;

/** For messages, bounded. */
export function quote(text: string): string {
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}
