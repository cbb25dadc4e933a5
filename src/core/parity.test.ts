/**
 * The recorded files of the official provider, made from the recorded answers by core alone: no server, no network.
 * Bodies come from the stub of a case, or from what was written into the KV engines.
 */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

import { plannedObject } from '../../test/fakes/planned-object.ts';
import { SecretError } from './errors.ts';
import { selectFiles } from './expand.ts';
import type { Encoding } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { Payload } from './payload.ts';

const topics = ['value', 'encoding', 'answer', 'calls'];

const stepsSchema = z.array(
  z.object({ kind: z.string().optional(), path: z.string().optional(), json: z.string().optional() }),
);

const caseSchema = z.object({
  name: z.string(),
  request: z.object({ attributes: z.unknown() }),
  setup: stepsSchema.optional(),
  stub: z.object({ routes: z.array(z.object({ path: z.string(), status: z.int(), body: z.string() })) }).optional(),
  compare: z.object({ files: z.unknown().optional() }),
  expect: z.object({
    files: z.array(z.object({ path: z.string(), contents_b64: z.string() })),
    error: z.unknown(),
  }),
});

type Case = z.infer<typeof caseSchema>;

const vectors = z
  .object({
    seed: stepsSchema,
    cases: z
      .array(z.looseObject({ topic: z.string() }))
      .transform((cases) => z.array(caseSchema).parse(cases.filter((item) => topics.includes(item.topic)))),
  })
  .parse(JSON.parse(readFileSync(new URL('../../test/parity/vectors/vault-dev.json', import.meta.url), 'utf8')));

const attributesSchema = z.object({ objects: z.string() });

const encodingSchema = z.enum(['utf-8', 'base64', 'hex']) satisfies z.ZodType<Encoding>;

const objectsSchema = z.array(
  z.object({
    objectName: z.string(),
    secretPath: z.string(),
    secretKey: z.string().default(''),
    encoding: z.string().default(''),
  }),
);

/** Vault writes numbers of KV version 2 anew (1.0 becomes 1): the seed does not tell how. */
const numbersRewritten = ['value-big', 'value-float', 'value-exp', 'value-exp-up', 'value-array'];

/** Refused by the dialect, before anything is read. */
const refusedEarlier = ['utf8-without-dash', 'encoding-space'];
const usable = vectors.cases.filter(
  ({ name, stub }) =>
    ![...numbersRewritten, ...refusedEarlier].includes(name) &&
    stub?.routes.some((route) => route.path.includes('/auth/')) !== true,
);

describe('files', () => {
  const cases = usable.filter((item) => item.compare.files === 'exact' && item.expect.error === null);

  it('are enough to mean something', () => {
    expect(cases.length).toBeGreaterThan(60);
  });

  it.for(cases.map((item) => [item.name, item] as const))('of %s are those of the official provider', ([, item]) => {
    expect(filesOf(item)).toEqual(item.expect.files.map((file) => [file.path, file.contents_b64]));
  });
});

describe('refusals', () => {
  const cases = usable.filter((item) => item.expect.error !== null);

  it('are enough to mean something', () => {
    expect(cases.length).toBeGreaterThan(15);
  });

  it.for(cases.map((item) => [item.name, item] as const))('of %s are ours too', ([, item]) => {
    expect(() => filesOf(item)).toThrow(SecretError);
  });
});

/** Path and contents of every file. */
function filesOf(item: Case): readonly (readonly [string, string])[] {
  const { objects } = attributesSchema.parse(item.request.attributes);
  return objectsSchema.parse(parseYaml(objects)).flatMap((object) => {
    const payload = new Payload(SecretBytes.from(bodyOf(item, object.secretPath)));
    // What the backend makes of it.
    if (payload.vaultAnswer().data === null) throw new SecretError('VAULT_ANSWER_EMPTY', 'empty');
    const planned = plannedObject({
      path: object.objectName,
      select: object.secretKey === '' ? { kind: 'response' } : { kind: 'key', key: object.secretKey },
      encoding: encodingSchema.parse(object.encoding.toLowerCase() || 'utf-8'),
    });
    return selectFiles(payload, planned).map((file) => [file.path, file.contents.reveal().toString('base64')] as const);
  });
}

/** What Vault answers: the body of the stub's only route, or what the seed or the case wrote there last. */
function bodyOf(item: Case, secretPath: string): string {
  const stubbed = item.stub?.routes.find((route) => route.status < 300);
  if (stubbed !== undefined) return stubbed.body;
  const steps = [...vectors.seed, ...(item.setup ?? [])];
  const written = steps.findLast((step) => step.path === secretPath);
  if (written?.json === undefined) throw new Error(`${item.name}: nothing was written to ${secretPath}`);
  return `{"data":${written.json}}`;
}
