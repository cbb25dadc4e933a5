import * as z from 'zod';

import { refuseAwsJson, toAwsJson } from './aws-answers.ts';
import { accountId, type Section, type SectionRequest } from './aws-section.ts';
import type { AwsSecretData } from './dev-secrets.ts';
import type { LoopbackAnswer } from './loopback-server.ts';
import type { Version } from './version-history.ts';

const single = z.object({
  SecretId: z.string().min(1),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
const several = z.object({ SecretIdList: z.array(z.string().min(1)).min(1).max(20) });

const notFound = 'ResourceNotFoundException';
const message = "Secrets Manager can't find the specified secret.";

/** GetSecretValue. */
export function getSecretValue({ input, ...section }: SectionRequest<AwsSecretData>): LoopbackAnswer {
  const given = single.safeParse(input);
  if (!given.success) return refuseAwsJson('ValidationException', 'SecretId is missing or wrong');
  const { SecretId, VersionId, VersionStage } = given.data;
  const secret = findSecret(SecretId, section);
  const stage = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
  const version = secret?.versions.find(
    ({ id, stages }) => (VersionId ?? id) === id && (stage === undefined || stages.includes(stage)),
  );
  if (secret === undefined || version === undefined) return refuseAwsJson(notFound, message);
  return toAwsJson(toEntry(secret, version));
}

/** BatchGetSecretValue with a list; without filters and pages. */
export function batchGetSecretValue({ input, ...section }: SectionRequest<AwsSecretData>): LoopbackAnswer {
  const given = several.safeParse(input);
  if (!given.success) return refuseAwsJson('ValidationException', 'SecretIdList must hold 1 to 20 secrets');
  const ids = given.data.SecretIdList;
  const found = ids.map((id) => findSecret(id, section));
  return toAwsJson({
    SecretValues: found.flatMap((secret) => {
      const current = secret?.versions.at(-1);
      return secret && current ? [toEntry(secret, current)] : [];
    }),
    Errors: ids
      .filter((_, index) => found[index] === undefined)
      .map((SecretId) => ({ SecretId, ErrorCode: notFound, Message: message })),
  });
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Oldest first; at least one. */
  readonly versions: readonly StagedVersion[];
}

interface StagedVersion {
  readonly id: string;
  readonly stages: readonly string[];
  readonly text: string;
  readonly createdMs: number;
}

/** What Secrets Manager appends to the name in an ARN; here it is the same for all. */
const suffix = '-Demo42';

/** By name, ARN, or ARN without the suffix. Undefined: it is not there, or not any more. */
function findSecret(id: string, { history, region }: Section<AwsSecretData>): Secret | undefined {
  const prefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  const given = id.startsWith(prefix) ? id.slice(prefix.length) : id;
  const name = id.startsWith(prefix) && given.endsWith(suffix) ? given.slice(0, -suffix.length) : given;
  const versions = history.of(name);
  if (versions.at(-1)?.data === undefined) return undefined;
  const kept = versions.filter(({ data }) => data !== undefined);
  return {
    name,
    arn: `${prefix}${name}${suffix}`,
    versions: kept.map((version, index) => toStaged(version, kept.length - 1 - index)),
  };
}

/** Of all earlier versions only the last one has a stage. */
function toStaged({ number, data, createdMs }: Version<AwsSecretData>, age: number): StagedVersion {
  return {
    id: `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`,
    stages: ['AWSCURRENT', 'AWSPREVIOUS'].slice(age, age + 1),
    text: typeof data === 'string' ? data : JSON.stringify(data),
    createdMs,
  };
}

function toEntry({ name, arn }: Secret, { id, stages, text, createdMs }: StagedVersion): object {
  const created = createdMs / 1000;
  return { ARN: arn, Name: name, VersionId: id, VersionStages: stages, SecretString: text, CreatedDate: created };
}
