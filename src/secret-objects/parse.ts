import * as z from 'zod';

import { nearest } from '../core/nearest.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import { quoteKey } from '../core/select.ts';
import { checkDataKey, checkObjectName } from './kube-syntax.ts';
import { annotationsSchema, labelsSchema, refused } from './metadata-schema.ts';
import type { SecretObject } from './secret-object.ts';

/**
 * Reads `secretObjects` of a SecretProviderClass or of a SecretProviderClassSync, JSON as the API server has it; undefined: there are
 * none. `path` is where it stands, for the problems, which are all of them. Whether the objects and the keys of a type are there
 * is for `renderSecret` to say.
 * Parity: as the driver's sync reads it (white space around objectName and key does not count). Beyond it: `type` may be left out
 * for Opaque and `data` for all files, `immutable`, and mistakes that the API server would find later, one by one.
 */
export function parseSecretObjects(raw: unknown, path: string): Parsed<readonly SecretObject[]> {
  const parsed = schema.safeParse(raw ?? []);
  const problems = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => toProblems(issue, path)),
    ...findRepeated(raw, 'secretName', path, 'names a Secret'),
    ...membersOf(raw).flatMap((each, index) =>
      findRepeated(each['data'], 'key', `${path}[${index}].data`, 'names a key'),
    ),
  ];
  if (parsed.success && problems.length === 0) return { ok: true, value: parsed.data };
  return { ok: false, problems };
}

const opaque = 'Opaque';

const datum = z.strictObject(
  {
    objectName: requiredText('name a file of the class'),
    key: requiredText('name the key inside the Secret').superRefine(refused(quoted(checkDataKey))),
  },
  expected('a map with objectName and key'),
);

const secretObject = z
  .strictObject(
    {
      secretName: requiredText('name the Secret to keep').superRefine(refused(quoted(checkObjectName))),
      type: z.string(mustBe('text')).nullish(),
      labels: labelsSchema,
      annotations: annotationsSchema,
      immutable: z.boolean(mustBe('true or false')).nullish(),
      data: z
        .array(datum, expected('a list of objectName and key'))
        .min(1, 'is empty; name what goes into the Secret, or leave data out for every file of the class')
        .nullish(),
    },
    expected('a map with secretName, type and data'),
  )
  .transform(({ type, immutable, data, ...rest }): SecretObject => {
    return { ...rest, type: type || opaque, immutable: immutable ?? false, data: data ?? undefined };
  });

const schema = z.array(secretObject, expected('a list of objects with secretName, type and data'));

const knownFields = [secretObject.in, datum].map(({ shape }) => Object.keys(shape));

interface IssueError {
  readonly error: (issue: { readonly code?: string }) => string | undefined;
}

function mustBe(what: string): IssueError {
  return { error: () => `must be ${what}` };
}

/** Leaves the issues about unknown fields to `toProblems`. */
function expected(what: string): IssueError {
  return { error: ({ code }) => (code === 'unrecognized_keys' ? undefined : `must be ${what}`) };
}

/** Without white space around it. */
function requiredText(remedy: string) {
  const isMissing = `is missing; ${remedy}`;
  return z
    .string({ error: ({ input }) => ((input ?? undefined) === undefined ? isMissing : 'must be text') })
    .trim()
    .min(1, { error: isMissing, abort: true });
}

function quoted(check: (text: string) => string | undefined) {
  return (text: string): string | undefined => {
    const reason = check(text);
    return reason && `${quoteKey(text)} ${reason}`;
  };
}

function toProblems(issue: z.core.$ZodIssue, path: string): readonly Problem[] {
  const at = issue.path.reduce((sum: string, step) => sum + toStep(step), path);
  if (issue.code !== 'unrecognized_keys') return [{ path: at, message: issue.message }];
  // Below `data[n]` are the fields of a datum.
  const known = knownFields[issue.path.length > 1 ? 1 : 0] ?? [];
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
    return { path: at, message: `has a field ${quoteKey(key)}, which is not known; ${hint}` };
  });
}

/** `[0]`, `.data`, `["app.kubernetes.io/name"]` */
function toStep(step: PropertyKey): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^\w{1,60}$/.test(String(step)) ? `.${String(step)}` : `[${quoteKey(String(step))}]`;
}

/** Looks at what was written, so that it finds them beside other mistakes. */
function findRepeated(raw: unknown, field: string, path: string, what: string): readonly Problem[] {
  const first = new Map<string, number>();
  return membersOf(raw).flatMap((member, index) => {
    const value = member[field];
    const name = typeof value === 'string' ? value.trim() : '';
    const earlier = first.get(name);
    if (name === '' || earlier === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `${quoteKey(name)} ${what} a second time (first in ${path}[${earlier}]); remove one`;
    return [{ path: `${path}[${index}].${field}`, message }];
  });
}

const anyMembers = z.array(z.looseObject({}).catch({}));

function membersOf(raw: unknown): readonly Readonly<Record<string, unknown>>[] {
  return anyMembers.safeParse(raw).data ?? [];
}
