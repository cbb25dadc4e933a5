import { type AwsAssumedRole, type AwsIdentity, irsaAudience, podIdentityAudience } from '../core/aws-ref.ts';
import { parseGoBool } from '../core/parse-bool.ts';
import type { Problem } from '../core/problem.ts';
import type { AwsDefaults } from '../core/store-defaults.ts';
import { parseArn } from './aws-arn.ts';

/** What the parameters of a class say about all of its objects at AWS. */
export interface AwsClass {
  /** Undefined: nobody names one, which is a problem. */
  readonly region: string | undefined;
  readonly failoverRegion: string | undefined;
  readonly identity: AwsIdentity;
  /** What `/` becomes in the names of files; undefined: it stays. */
  readonly translation: string | undefined;
}

/** Names of the official provider, then ours. Parity: exact, unlike the names of fields. */
export const awsParameterNames = [
  'region',
  'failoverRegion',
  'pathTranslation',
  'usePodIdentity',
  'preferredAddressType',
  'roleArn',
  'assumeRoleArn',
  'externalId',
] as const;

type ParameterName = (typeof awsParameterNames)[number];

/** What anything that reads the parameters needs. An empty value counts as none. */
class AwsParameters {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #problems: Problem[];

  constructor(parameters: ReadonlyMap<string, string>, problems: Problem[]) {
    this.#parameters = parameters;
    this.#problems = problems;
  }

  get(name: ParameterName): string {
    return this.#parameters.get(name) ?? '';
  }

  complain(name: ParameterName, message: string): void {
    this.#problems.push({ path: `parameters.${name}`, message });
  }
}

/** Pushes every problem. */
export function readAwsClass(
  given: ReadonlyMap<string, string>,
  defaults: AwsDefaults | undefined,
  problems: Problem[],
): AwsClass {
  const parameters = new AwsParameters(given, problems);
  const region = parameters.get('region') || defaults?.region;
  if (region === undefined) {
    parameters.complain('region', 'is missing; set it, or set AWS_REGION where lockstep runs');
  }
  const failoverRegion = parameters.get('failoverRegion') || undefined;
  if (failoverRegion !== undefined && failoverRegion === region) {
    parameters.complain('failoverRegion', `is ${JSON.stringify(region)}, which is the region itself; name another one`);
  }
  return { region, failoverRegion, identity: readIdentity(parameters), translation: readTranslation(parameters) };
}

/** Parity: `False` in any case keeps the slashes; any other text must be one byte. */
function readTranslation(parameters: AwsParameters): string | undefined {
  const text = parameters.get('pathTranslation') || '_';
  if (text.toLowerCase() === 'false') return undefined;
  if (Buffer.byteLength(text) !== 1) {
    parameters.complain('pathTranslation', 'must be "False" or one character that is no accented letter or emoji');
  }
  return text;
}

function readIdentity(parameters: AwsParameters): AwsIdentity {
  const assume = readAssumedRole(parameters);
  const roleArn = readRole('roleArn', parameters);
  if (!readUsePodIdentity(parameters)) {
    return { kind: 'irsa', ...(roleArn && { roleArn }), audience: irsaAudience, ...(assume && { assume }) };
  }
  if (roleArn !== undefined) {
    const remedy = 'remove it, or write assumeRoleArn for a second role';
    parameters.complain('roleArn', `has no use with usePodIdentity, where the association names the role; ${remedy}`);
  }
  const addressType = readAddressType(parameters);
  return { kind: 'pod-identity', addressType, audience: podIdentityAudience, ...(assume && { assume }) };
}

/** Parity: the words of Go's strconv.ParseBool. */
function readUsePodIdentity(parameters: AwsParameters): boolean {
  const text = parameters.get('usePodIdentity');
  const value = text === '' ? false : parseGoBool(text);
  if (value === undefined) parameters.complain('usePodIdentity', 'must be "true" or "false"');
  return value ?? false;
}

/** Parity: in any case, and anything unknown is `auto`. */
function readAddressType(parameters: AwsParameters): 'auto' | 'ipv4' | 'ipv6' {
  const text = parameters.get('preferredAddressType').toLowerCase();
  return text === 'ipv4' || text === 'ipv6' ? text : 'auto';
}

function readAssumedRole(parameters: AwsParameters): AwsAssumedRole | undefined {
  const roleArn = readRole('assumeRoleArn', parameters);
  const externalId = parameters.get('externalId');
  if (roleArn === undefined) {
    if (externalId !== '') parameters.complain('externalId', 'goes with assumeRoleArn; set both or neither');
    return undefined;
  }
  return { roleArn, ...(externalId !== '' && { externalId }) };
}

function readRole(name: 'roleArn' | 'assumeRoleArn', parameters: AwsParameters): string | undefined {
  const text = parameters.get(name);
  if (text === '') return undefined;
  const arn = parseArn(text);
  if (arn?.service !== 'iam' || !arn.resource.startsWith('role/')) {
    parameters.complain(name, 'must be the ARN of a role, such as arn:aws:iam::123456789012:role/app');
  }
  return text;
}
