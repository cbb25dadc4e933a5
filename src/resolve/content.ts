import { SecretError, toSecretError } from '../core/errors.ts';
import { type SelectedFile, selectFiles } from '../core/expand.ts';
import { maxReplyBytes } from '../core/limits.ts';
import { memoize } from '../core/memoize.ts';
import { Payload } from '../core/payload.ts';
import type { PlannedObject, ResolvedObject } from '../core/plan.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import { hmacVersion } from '../core/version.ts';

/** What a store answered, and how it names that version of it. */
export interface StoreAnswer {
  readonly payload: SecretBytes;
  readonly fingerprint: string;
  readonly version?: string | undefined;
}

/** What an object makes of an answer: one file, or with `expand` several, or the reason why none. */
export type Projection =
  | { readonly status: 'files'; readonly files: readonly ResolvedObject[]; readonly sizeBytes: number }
  | { readonly status: 'failed'; readonly error: SecretError; readonly sizeBytes: 0 };

/** Objects of many manifests may read one answer; what goes beyond either bound is worked out anew each time. */
const maxProjections = 256;
const maxKeptBytes = 2 * maxReplyBytes;
/** What a kept projection and a file cost besides their texts and bytes; roughly. */
const overheadBytes = 256;

/**
 * One answer of a store and what was made of it, kept so that a warm call parses and hashes nothing.
 *
 * Nothing is zeroed when it is dropped: the bytes of the files are in replies that may still be written, and an overwritten
 * buffer would reach a pod as a file of zeros. The text had to be a string to be parsed, which cannot be wiped anyway.
 */
export class Content {
  readonly fingerprint: string;
  readonly #payload: SecretBytes;
  readonly #storeVersion: string | undefined;
  readonly #projections = new Map<string, Projection>();
  #sizeBytes: number;

  constructor({ payload, fingerprint, version }: StoreAnswer) {
    this.#payload = payload;
    this.#storeVersion = version;
    this.fingerprint = fingerprint;
    this.#sizeBytes = payload.size + overheadBytes;
  }

  /** Grows with what is made of the answer. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Never throws. Parses at most once for the reader, and not at all for what was asked before. */
  reader(versionKey: SecretBytes): (object: PlannedObject) => Projection {
    const payload = new Payload(this.#payload);
    const toVersion = (file: SelectedFile): string => toFileVersion(file, this.#storeVersion, versionKey);
    const read = (object: PlannedObject): Projection => {
      try {
        return toProjection(selectFiles(payload, object), toVersion);
      } catch (error) {
        return { status: 'failed', error: toSecretError(error), sizeBytes: 0 };
      }
    };
    return (object) => {
      const key = outputKey(object);
      return this.#projections.get(key) ?? this.#remember(key, read(object));
    };
  }

  #remember(key: string, projection: Projection): Projection {
    if (this.#projections.size >= maxProjections || this.#sizeBytes > maxKeptBytes) return projection;
    this.#projections.set(key, projection);
    this.#sizeBytes += 2 * key.length + overheadBytes + projection.sizeBytes;
    return projection;
  }
}

function toProjection(selected: readonly SelectedFile[], toVersion: (file: SelectedFile) => string): Projection {
  const files = selected.map((file) => ({ ...file, version: toVersion(file) }));
  const sizeBytes = files.reduce((sum, file) => sum + file.contents.size + overheadBytes, 0);
  return { status: 'files', files, sizeBytes };
}

function toFileVersion(file: SelectedFile, storeVersion: string | undefined, versionKey: SecretBytes): string {
  if (file.version.kind === 'hmac') return hmacVersion(versionKey, file.version.input, file.contents);
  if (storeVersion !== undefined) return storeVersion;
  throw new SecretError('INTERNAL', 'the backend named no version of the value');
}

/** Everything of a planned object that decides its files, given the answer. */
const outputKey = memoize(({ name, path, mode, select, encoding, version, expand }: PlannedObject) =>
  JSON.stringify([name, path, mode, select, encoding, version, expand]),
);
