import { json, refuseJson } from './aws-replies.ts';
import type { AwsRequest } from './aws-server.ts';
import type { WireReply } from './wire-server.ts';

const account = '123456789012';

export interface FakeSecretVersion {
  readonly id: string;
  readonly stages: readonly string[];
  /** Bytes are answered as SecretBinary. */
  readonly value: string | Uint8Array;
}

/** Secrets by region and name. */
export class FakeSecrets {
  readonly #secrets = new Map<string, readonly FakeSecretVersion[]>();

  /** Replaces a secret. A plain value is its current version. */
  set(region: string, name: string, value: FakeSecretVersion['value'] | readonly FakeSecretVersion[]): void {
    const isPlain = typeof value === 'string' || value instanceof Uint8Array;
    const id = `version-of-${name}`;
    this.#secrets.set(`${region} ${name}`, isPlain ? [{ id, stages: ['AWSCURRENT'], value }] : value);
  }

  /** `secret-0` and so on in us-east-1. */
  seed(count: number): readonly string[] {
    const names = Array.from({ length: count }, (_, index) => `secret-${index}`);
    for (const name of names) this.set('us-east-1', name, `value of ${name}`);
    return names;
  }

  get({ region, input }: AwsRequest): WireReply {
    const { SecretId, VersionId, VersionStage } = input as Readonly<Record<string, string | undefined>>;
    const found = this.#find(region, SecretId ?? '');
    const stage = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
    const version = found?.versions.find(
      ({ id, stages }) =>
        (VersionId === undefined || id === VersionId) && (stage === undefined || stages.includes(stage)),
    );
    if (!found || !version) return refuseJson('ResourceNotFoundException', "Secrets Manager can't find the secret.");
    return json(toEntry(region, found.name, version));
  }

  /** As AWS does: values in an order of its own, failures beside them. */
  batch({ region, input }: AwsRequest, denied: ReadonlySet<string>): WireReply {
    const ids = input['SecretIdList'] as readonly string[];
    const values: object[] = [];
    const errors: object[] = [];
    for (const id of ids) {
      const found = this.#find(region, id);
      const version = found?.versions.find(({ stages }) => stages.includes('AWSCURRENT'));
      const ErrorCode = denied.has(id) ? 'AccessDeniedException' : 'ResourceNotFoundException';
      if (!found || !version || denied.has(id)) errors.push({ SecretId: id, ErrorCode, Message: 'the fake says no' });
      else values.unshift(toEntry(region, found.name, version));
    }
    return json({ SecretValues: values, Errors: errors });
  }

  /** By name, ARN, or ARN without its suffix. */
  #find(region: string, id: string) {
    for (const [key, versions] of this.#secrets) {
      const [where, name = ''] = key.split(' ');
      const arn = secretArn(region, name);
      if (where === region && [name, arn, arn.slice(0, -7)].includes(id)) return { name, versions };
    }
    return undefined;
  }
}

export function secretArn(region: string, name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;
}

function toEntry(region: string, name: string, { id, stages, value }: FakeSecretVersion): object {
  const common = { ARN: secretArn(region, name), Name: name, VersionId: id, VersionStages: stages };
  if (typeof value === 'string') return { ...common, SecretString: value };
  return { ...common, SecretBinary: Buffer.from(value).toString('base64') };
}

export interface FakeParameterVersion {
  readonly value: string;
  readonly labels?: readonly string[];
}

/** Parameters by region and name; the first version is 1, the last one is the newest. */
export class FakeParameters {
  /** Emulators leave it out. */
  hasSelector = true;
  readonly #parameters = new Map<string, readonly FakeParameterVersion[]>();

  set(region: string, name: string, ...versions: readonly (string | FakeParameterVersion)[]): void {
    const list = versions.map((version) => (typeof version === 'string' ? { value: version } : version));
    this.#parameters.set(`${region} ${name}`, list);
  }

  /** In the opposite order. */
  get({ region, input }: AwsRequest): WireReply {
    const names = input['Names'] as readonly string[];
    const found = names.map((name) => this.#find(region, name));
    const invalid = names.filter((_, index) => found[index] === undefined);
    const parameters = found.filter((parameter) => parameter !== undefined);
    return json({ Parameters: parameters.toReversed(), InvalidParameters: invalid });
  }

  #find(region: string, asked: string): object | undefined {
    for (const [key, versions] of this.#parameters) {
      const [where, name = ''] = key.split(' ');
      const base = [name, parameterArn(region, name)].find((own) => asked === own || asked.startsWith(`${own}:`));
      if (where !== region || base === undefined) continue;
      const selector = asked.slice(base.length);
      const index = selector === '' ? versions.length - 1 : findVersion(versions, selector.slice(1));
      const version = versions[index];
      if (!version) return undefined;
      return {
        Name: name,
        ARN: parameterArn(region, name),
        Type: 'SecureString',
        Value: version.value,
        Version: index + 1,
        ...(selector !== '' && this.hasSelector && { Selector: selector }),
      };
    }
    return undefined;
  }
}

export function parameterArn(region: string, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`;
}

function findVersion(versions: readonly FakeParameterVersion[], selector: string): number {
  const byLabel = versions.findIndex(({ labels }) => labels?.includes(selector));
  return byLabel === -1 ? Number(selector) - 1 : byLabel;
}
