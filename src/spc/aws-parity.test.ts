import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { awsDefaults } from '../../test/fakes/aws-defaults.ts';
import type { AwsRef } from '../core/aws-ref.ts';
import type { Caller } from '../core/caller.ts';
import { SecretError } from '../core/errors.ts';
import { selectContents } from '../core/select.ts';
import { Payload } from '../core/payload.ts';
import type { PlannedObject } from '../core/plan.ts';
import type { Parsed } from '../core/problem.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createDialects } from './dialect.ts';

/** What the official provider answered, of which the dialect decides refusals, names, modes and parts of JSON secrets. */
interface Vectors {
  readonly seed: readonly Seeded[];
  readonly cases: readonly Vector[];
}

interface Vector {
  readonly name: string;
  readonly topic: string;
  readonly request: { readonly attributes?: Readonly<Record<string, string>>; readonly permission: string };
  readonly expect: Outcome & { readonly upstream?: string; readonly desired?: Outcome };
  readonly accept?: readonly Outcome[];
}

interface Outcome {
  readonly error?: object;
  readonly files?: readonly RecordedFile[];
}

interface RecordedFile {
  readonly path: string;
  readonly mode: number;
  readonly contents_b64: string;
}

interface Seeded {
  readonly kind: string;
  readonly region?: string;
  readonly name?: string;
  readonly value?: string;
  readonly versions?: readonly {
    readonly stages?: readonly string[];
    readonly string?: string;
    readonly binary_b64?: string;
    readonly value?: string;
  }[];
}

const file = new URL('../../test/parity/vectors/aws-dev.json', import.meta.url);
// The shape that test/parity/README-aws.md describes.
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
/** Others are refused before a dialect sees them. */
const cases = vectors.cases.filter(({ request, topic }) => request.attributes !== undefined && topic !== 'request');

const tls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const vault = { address: 'https://127.0.0.1:8200', namespace: '', authMount: 'kubernetes', tls };
/** Of the node on which the cases were recorded that name no region. */
const defaults = { vault, openbao: vault, aws: { ...awsDefaults, region: 'us-east-1' } };
const caller: Caller = {
  kind: 'pod',
  namespace: 'default',
  serviceAccount: 'app',
  pod: { name: 'p', uid: 'u' },
  tokens: new Map(),
  secrets: new Map(),
};
const dialect = createDialects({ cacheSize: 10 }).aws;

/** Topics of errors that are found where AWS, its agent or the driver's request is asked. */
const laterTopics: ReadonlySet<string> = new Set([
  'tokens',
  'pod-identity',
  'irsa',
  'region',
  'ssm-batch',
  'missing',
  'faults',
  'remount',
  'permission',
]);

/** The same in other topics. */
const laterErrors: ReadonlySet<string> = new Set([
  'arn-missing-secret',
  'arn-unknown-partition',
  'ssm-version-unknown',
  'failover-primary-404',
  'failover-500-then-404',
  'failover-ssm-500-then-404',
  'failover-both-500',
  'failover-ssm-both-500',
]);

function plan({ request }: Vector): Parsed<readonly PlannedObject[]> {
  const defaultMode = Number.isInteger(Number(request.permission)) ? Number(request.permission) : 0o644;
  const parsed = dialect(
    { parameters: new Map(Object.entries(request.attributes ?? {})), caller, defaultMode },
    defaults,
  );
  return parsed.ok ? { ok: true, value: parsed.value.objects } : parsed;
}

function outcomes({ expect: recorded, accept = [] }: Vector): readonly Outcome[] {
  const isCopied = !['panic', 'wrong', 'varies'].includes(recorded.upstream ?? '');
  return [...(recorded.desired ? [recorded.desired] : []), ...(isCopied ? [recorded] : []), ...accept];
}

function places(files: readonly { readonly path: string; readonly mode: number }[]): readonly string[] {
  return files.map(({ path, mode }) => `${mode.toString(8)} ${path}`).toSorted();
}

/** What AWS holds under a ref; undefined: nothing, or the case is about a version. */
function seeded({ kind, store, request }: AwsRef): SecretBytes | undefined {
  const name = 'secretId' in request ? request.secretId : request.name;
  const seedKind = kind === 'aws-secret' ? 'secret' : 'parameter';
  const found = vectors.seed.find(
    (item) => item.kind === seedKind && item.region === store.region && item.name === name,
  );
  const versions = found?.versions ?? [];
  const current = versions.find(({ stages }) => stages?.includes('AWSCURRENT')) ?? versions.at(-1);
  const text = current?.string ?? current?.value ?? found?.value;
  if (text !== undefined) return SecretBytes.from(text);
  return current?.binary_b64 === undefined ? undefined : SecretBytes.from(Buffer.from(current.binary_b64, 'base64'));
}

/** Like the files of an answer, or the error that one of them ends with. */
function render(objects: readonly PlannedObject[]): readonly RecordedFile[] | SecretError {
  try {
    const files = objects.map((object) => {
      const payload = object.ref.kind === 'vault' ? undefined : seeded(object.ref);
      if (payload === undefined) throw new Error(`${object.name} is not seeded`);
      const contents = selectContents(new Payload(payload), object).reveal().toString('base64');
      return { path: object.path, mode: object.mode, contents_b64: contents };
    });
    return files.toSorted(byPath);
  } catch (error) {
    if (error instanceof SecretError) return error;
    throw error;
  }
}

const byPath = (a: RecordedFile, b: RecordedFile): number => (a.path < b.path ? -1 : 1);

describe('the dialect for AWS, compared with the recorded answers of the official provider', () => {
  it('has the cases', () => {
    expect(cases.length).toBeGreaterThan(350);
    expect(cases.filter(({ topic }) => topic === 'jmes').length).toBeGreaterThan(50);
  });

  const planned = cases.map((vector) => ({ ...vector, planned: plan(vector), accepted: outcomes(vector) }));
  const served = planned.flatMap((vector) => (vector.planned.ok ? [{ ...vector, objects: vector.planned.value }] : []));
  const hasFiles = ({ accepted }: { readonly accepted: readonly Outcome[] }) => accepted.some(({ files }) => files);

  it.for(planned.filter((vector) => !vector.planned.ok))('$name: is refused where that is right', ({ accepted }) => {
    expect(accepted.some(({ error }) => error)).toBe(true);
  });

  it.for(served.filter(hasFiles))('$name: plans the same files and modes', ({ accepted, objects }) => {
    expect(accepted.flatMap(({ files }) => (files ? [places(files)] : []))).toContainEqual(places(objects));
  });

  it('leaves nothing to be refused later but what AWS, its agent or the request decides', () => {
    const unrefused = served.filter((vector) => !hasFiles(vector) && vector.topic !== 'jmes');

    expect(
      unrefused.filter(({ topic, name }) => !laterTopics.has(topic) && !laterErrors.has(name)).map(({ name }) => name),
    ).toEqual([]);
  });

  const selecting = served
    .filter(({ topic }) => topic === 'jmes' || topic === 'values')
    .map((vector) => ({ ...vector, rendered: render(vector.objects) }));

  it.for(selecting.filter(hasFiles))('$name: reads the same out of the value', ({ accepted, rendered }) => {
    const [files] = accepted.flatMap((outcome) => (outcome.files ? [outcome.files] : []));
    expect(rendered).toEqual(
      files?.map(({ path, mode, contents_b64 }) => ({ path, mode, contents_b64 })).toSorted(byPath),
    );
  });

  it.for(selecting.filter((vector) => !hasFiles(vector)))('$name: refuses the value', ({ rendered }) => {
    expect(rendered).toBeInstanceOf(SecretError);
  });
});
