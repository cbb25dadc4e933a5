import { LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';

import type { Parsed, Problem } from '../core/problem.ts';

/** What the YAML file of the embedded stores says. Names at Vault are paths below the engine's mount, such as `shop/database`. */
export interface DevSecrets {
  /** Key/value version 2, mounted at `secret/`. */
  readonly secret: ReadonlyMap<string, SecretData>;
  /** Key/value version 1, mounted at `kv/`. */
  readonly kv: ReadonlyMap<string, SecretData>;
  /** Roles of the engine that generates users, mounted at `database/`. */
  readonly database: ReadonlyMap<string, DatabaseRole>;
  /** AWS Secrets Manager, by name. */
  readonly secretsmanager: ReadonlyMap<string, AwsSecretData>;
  /** SSM Parameter Store, by name. */
  readonly ssmparameter: ReadonlyMap<string, string>;
}

export type SecretData = Readonly<Record<string, unknown>>;

/** Text is answered as it is, pairs as JSON. */
export type AwsSecretData = string | SecretData;

export interface DatabaseRole {
  readonly ttlSeconds: number;
  /** Renewals end here. */
  readonly maxTtlSeconds: number;
}

const data = z.record(z.string(), z.unknown(), { error: 'expected `key: value` pairs' });
const seconds = z.int({ error: 'expected a whole number of seconds' }).min(1).max(86_400);
const databaseRole = z
  .strictObject({ ttlSeconds: seconds, maxTtlSeconds: seconds })
  .refine((role) => role.ttlSeconds <= role.maxTtlSeconds, { error: 'ttlSeconds is above maxTtlSeconds' });

const awsSecret = z.union([z.string(), data], { error: 'expected text or `key: value` pairs' });
const awsParameter = z.string({ error: 'expected text; put numbers and the like in quotes' });
const sections = {
  secret: named(data),
  kv: named(data),
  database: named(databaseRole),
  secretsmanager: named(awsSecret),
  ssmparameter: named(awsParameter),
};
const noSections = `expected the sections ${Object.keys(sections).join(', ')}`;

const file = z.strictObject(sections, {
  error: (issue) => (issue.code === 'invalid_type' ? noSections : undefined),
});

/** Reads the file's text. Messages name places and never values. */
export function parseDevSecrets(text: string): Parsed<DevSecrets> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, code }): Problem => {
      return { path: 'secrets file', line: lines.linePos(pos[0]).line, message: `not valid YAML (${code})` };
    });
    return { ok: false, problems };
  }
  const result = file.safeParse(toPlain(document));
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.map(({ path, message }) => toProblem(path, message)) };
}

function named<T extends z.ZodType>(value: T) {
  return z
    .record(z.string(), value)
    .nullish()
    .transform((entries) => new Map(Object.entries(entries ?? {})));
}

/** An alias without an anchor, or a bomb of them, throws only here; then there is no section to find. */
function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

function toProblem(path: readonly PropertyKey[], message: string): Problem {
  return { path: path.length === 0 ? 'secrets file' : path.map(String).join('.'), message };
}
