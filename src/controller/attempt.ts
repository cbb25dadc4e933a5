import { SecretError, toSecretError } from '../core/errors.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { problemsError } from '../core/problem.ts';
import type { ApiReader, CallOptions } from '../kube/client/api-client.ts';
import { keyOf, nameOf, type ObjectKey } from '../kube/objects.ts';
import type { Reflector } from '../kube/watch/reflector.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { VersionKeeper } from '../rollout/versions/version-keeper.ts';
import { renderSecret } from '../secret-objects/render.ts';
import type { DesiredSecret, SecretObject } from '../secret-objects/secret-object.ts';
import { withoutAbsent } from '../secret-objects/without-absent.ts';
import { reasonOf } from './status/reason-of.ts';
import type { Claims } from './secrets/claims.ts';
import type { FetchedFiles, FetchFiles, Urgency } from './fetch-files.ts';
import { findClass } from './classes/find-class.ts';
import type { ClassObject } from './classes/parse-class.ts';
import type { SecretOwner, SecretWriter, WriteResult } from './secrets/secret-writer.ts';
import type { SyncObject, SyncSpec } from './sync-object.ts';
import type { SecretStatus } from './status/sync-status.ts';

export interface AttemptDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics: Pick<Metrics, 'syncDuration'>;
  readonly client: Pick<ApiReader, 'get'>;
  readonly classes: Pick<Reflector<ClassObject>, 'get' | 'problem'>;
  /** Only for whether Secrets of a namespace are known. */
  readonly secrets: Pick<Reflector<unknown>, 'problem'>;
  readonly fetchFiles: FetchFiles;
  readonly writer: SecretWriter;
  readonly claims: Claims;
  /** Undefined: nothing is rolled out. */
  readonly versions: Pick<VersionKeeper, 'prepare' | 'written'> | undefined;
  /** Looks again at those who are concerned by who wants which Secret. */
  readonly requeue: (syncs: Iterable<ObjectKey>) => void;
}

/** What one try to make the Secrets of a sync current came to. */
export interface Attempt {
  readonly class?: ClassObject;
  /** Undefined: nothing was fetched, and what was known before still holds. */
  readonly objects?: readonly { readonly name: string; readonly version: string }[];
  /** Undefined: as before. */
  readonly secrets?: readonly SecretStatus[];
  readonly changes: readonly NonNullable<WriteResult['change']>[];
  /** Secrets that others want too. */
  readonly contested: readonly { readonly secret: string; readonly by: readonly string[] }[];
  readonly failures: readonly SecretError[];
  /** A store is out: it is waited for. Milliseconds until the next try at the latest. */
  readonly retryAfterMs?: number;
}

export type RunAttempt = (sync: SyncObject, urgency: Urgency, options: CallOptions) => Promise<Attempt>;

/** Fetches, renders and writes. Rejects with the signal's reason and NOT_LEADER only; every other failure is in the answer. */
export function createAttempt(deps: AttemptDeps): RunAttempt {
  return async (sync, urgency, options) => {
    const { clock, metrics } = deps;
    const startedMs = clock.monotonic();
    const attempt = await trySync(sync, urgency, deps, options);
    const outcome = attempt.failures[0]?.code ?? 'ok';
    metrics.syncDuration.observe({ outcome }, (clock.monotonic() - startedMs) / 1000);
    return attempt;
  };
}

async function trySync(sync: SyncObject, urgency: Urgency, deps: AttemptDeps, options: CallOptions): Promise<Attempt> {
  try {
    const spec = requireSpec(sync);
    const found = await findClass(sync, spec, deps, options);
    return await syncClass({ sync, spec, class: found, urgency }, deps, options);
  } catch (error) {
    rethrowEnd(error, options.signal);
    return { changes: [], contested: [], failures: [toSecretError(error)] };
  }
}

interface Work extends SecretOwner {
  readonly class: ClassObject;
  readonly urgency: Urgency;
}

async function syncClass(work: Work, deps: AttemptDeps, options: CallOptions): Promise<Attempt> {
  const { sync, spec, class: found } = work;
  const unknown = deps.secrets.problem(sync.namespace);
  if (unknown) throw unknown;
  const objects = requireObjects(spec, found);
  const contested = claim(work, objects, deps);
  const fetched = await failing(deps.fetchFiles(work, options), options.signal);
  const base = { class: found, changes: [], contested };
  if ('failure' in fetched) return { ...base, failures: [fetched.failure] };
  if (fetched.kind === 'waiting') return { ...base, failures: [fetched.error], retryAfterMs: fetched.retryAfterMs };

  const { files } = fetched;
  const results = await Promise.all(objects.map((object) => keepOne(object, work, { fetched, deps, options })));
  const failures = [...fetched.failures, ...results.flatMap(({ failure }) => failure ?? [])];
  // Workloads may use the old one until what takes its place stands.
  const isComplete = failures.length === 0;
  const removal = isComplete ? await failing(removeOrphans(work, objects, deps, options), options.signal) : undefined;
  return {
    class: found,
    objects: files.map(({ name, version }) => ({ name, version })),
    secrets: results.map(({ status }) => status),
    changes: results.flatMap(({ change }) => change ?? []),
    contested,
    failures: removal !== undefined && 'failure' in removal ? [...failures, removal.failure] : failures,
    ...(fetched.retryAfterMs !== undefined && { retryAfterMs: fetched.retryAfterMs }),
  };
}

function requireSpec({ spec, problems }: SyncObject): SyncSpec {
  if (spec && problems.length === 0) return spec;
  throw problemsError(problems.map((problem) => ({ code: 'SYNC_INVALID', ...problem })));
}

function requireObjects({ secretObjects }: SyncSpec, found: ClassObject): readonly SecretObject[] {
  const objects = secretObjects ?? found.secretObjects ?? [];
  if (objects.length > 0) return objects;
  throw new SecretError(
    'SYNC_INVALID',
    `neither the sync nor the SecretProviderClass ${found.name} has secretObjects; name the Secrets to keep in one of them`,
  );
}

function claim(
  { sync }: Work,
  objects: readonly SecretObject[],
  { claims, requeue }: AttemptDeps,
): Attempt['contested'] {
  const toKey = ({ secretName: name }: SecretObject): ObjectKey => keyOf({ namespace: sync.namespace, name });
  requeue(claims.set(sync.key, objects.map(toKey)));
  return objects.flatMap((object) => {
    const by = claims.others(toKey(object), sync.key);
    return by.length === 0 ? [] : [{ secret: object.secretName, by: by.map(nameOf) }];
  });
}

interface KeepContext {
  readonly fetched: Extract<FetchedFiles, { kind: 'fetched' }>;
  readonly deps: AttemptDeps;
  readonly options: CallOptions;
}

interface Kept extends WriteResult {
  readonly failure?: SecretError;
}

/** One Secret; the others are not its concern. */
async function keepOne(object: SecretObject, work: Work, { fetched, deps, options }: KeepContext): Promise<Kept> {
  const name = object.secretName;
  const [missing] = fetched.failures;
  if (missing && !isComplete(object, fetched.files)) return { status: toFailed(name, work, missing) };
  try {
    const desired = await renderSecret(withoutAbsent(object, fetched.absent), fetched.files);
    if (work.spec.mode === 'Shadow') return { status: await deps.writer.compare(desired, work, options) };
    return await writeOne(desired, work, { deps, options });
  } catch (error) {
    rethrowEnd(error, options.signal);
    const failure = toSecretError(error);
    return { status: toFailed(name, work, failure), failure };
  }
}

/** What is rolled out to has to be there before it, and what was rolled out is what was written. */
async function writeOne(
  desired: DesiredSecret,
  work: Work,
  { deps, options }: Pick<KeepContext, 'deps' | 'options'>,
): Promise<WriteResult> {
  const { versions, writer } = deps;
  if (!versions) return await writer.write(desired, work, options);
  const { key, namespace, status } = work.sync;
  const current = status.secrets?.find(({ name }) => name === desired.name)?.version;
  const owner = { sync: key, namespace, current };
  const content = await versions.prepare(desired, owner, options);
  const result = await writer.write(desired, work, options);
  versions.written(owner, desired.name, content);
  const version = content.versionName ?? (content.problem && current);
  return { ...result, status: { ...result.status, ...(version !== undefined && { version }) } };
}

/** A Secret is written with all its keys or not at all. */
function isComplete({ data }: SecretObject, files: readonly ResolvedObject[]): boolean {
  const paths = new Set(files.map(({ path }) => path));
  return data !== undefined && data.every(({ objectName }) => paths.has(objectName));
}

/** What was known of the Secret stays known: it still stands there. */
function toFailed(name: string, { sync }: Work, { code, message }: SecretError): SecretStatus {
  const before = sync.status.secrets?.find((each) => each.name === name);
  const { uid, adopted, version } = before ?? {};
  const known = {
    ...(uid !== undefined && { uid }),
    ...(uid !== undefined && adopted && { adopted }),
    ...(version !== undefined && { version }),
  };
  const state = code === 'SECRET_CONFLICT' ? 'Conflict' : 'Failed';
  return { name, state, ...known, reason: reasonOf(code), message };
}

async function removeOrphans(
  work: Work,
  objects: readonly SecretObject[],
  { writer }: AttemptDeps,
  options: CallOptions,
): Promise<undefined> {
  if (work.spec.mode === 'Shadow') return;
  await writer.removeOrphans(work, new Set(objects.map(({ secretName }) => secretName)), options);
}

/** What went wrong as a value, so that the rest of the attempt goes on. */
async function failing<T>(work: Promise<T>, signal: AbortSignal): Promise<T | { readonly failure: SecretError }> {
  try {
    return await work;
  } catch (error) {
    rethrowEnd(error, signal);
    return { failure: toSecretError(error) };
  }
}

/** The end of the term or of the time ends the attempt: nothing more is told about it. */
function rethrowEnd(error: unknown, signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason;
  if (error instanceof SecretError && error.code === 'NOT_LEADER') throw error;
}
