import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { SecretBytes } from '../core/secret-bytes.ts';
import type { MountResponse } from '../gen/v1alpha1/service.ts';
import type { Clock } from '../platform/clock.ts';
import { openVolume, type Volume } from '../platform/volume-writer.ts';
import { type PlayedVolume, toMountRequest } from './mount-request.ts';
import type { PodTokens } from './pod-tokens.ts';
import type { MountAnswer, ProviderClients } from './provider-clients.ts';

/** A file of a mounted volume. */
export interface MountedFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
  /** lockstep gives one per file, in the order of the files. */
  readonly version: string;
}

export interface FileChange {
  readonly path: string;
  /** Undefined: the file is new. */
  readonly before: MountedFile | undefined;
  /** Undefined: the file is gone. */
  readonly after: MountedFile | undefined;
}

/** What one NodePublishVolume did. */
export type Publication =
  | {
      readonly outcome: 'mounted';
      /** All files of the volume, by path. */
      readonly files: readonly MountedFile[];
      /** What differs from the volume's last publication; at the first one every file. */
      readonly changes: readonly FileChange[];
    }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface PlayedDriverDeps {
  readonly clients: ProviderClients;
  readonly tokens: PodTokens;
  readonly clock: Clock;
}

interface MountedState {
  readonly volume: Volume;
  readonly files: ReadonlyMap<string, MountedFile>;
}

/** The CSI driver's half of a mount: asks the provider, writes what it answers, remembers what is there. */
export class PlayedDriver {
  readonly #deps: PlayedDriverDeps;
  readonly #volumes = new Map<string, MountedState>();
  #mounts = 0;

  constructor(deps: PlayedDriverDeps) {
    this.#deps = deps;
  }

  /** Mount calls that were answered with files. */
  get mounts(): number {
    return this.#mounts;
  }

  /**
   * The first mount or a republish, one at a time per volume. A refused one leaves the volume as it is.
   * Throws OUTPUT_REFUSED when the files cannot be written.
   */
  async publish(played: PlayedVolume): Promise<Publication> {
    const answer = await this.ask(played);
    if (answer.outcome === 'refused') return answer;

    const { response } = answer;
    const known = this.#volumes.get(played.targetPath);
    const volume = known?.volume ?? (await this.#open(played.targetPath));
    await volume.write(response.files.map((file) => ({ ...file, contents: SecretBytes.from(file.contents) })));
    const files = toMountedFiles(response);
    this.#volumes.set(played.targetPath, { volume, files });
    return { outcome: 'mounted', files: [...files.values()], changes: findChanges(known?.files ?? new Map(), files) };
  }

  /** The call to the provider alone, with nothing written. */
  async ask(played: PlayedVolume): Promise<MountAnswer> {
    const { clients, tokens } = this.#deps;
    const answer = await clients.mount(played.provider, toMountRequest(played, tokens));
    if (answer.outcome === 'answered') this.#mounts++;
    return answer;
  }

  async #open(targetPath: string): Promise<Volume> {
    await mkdir(dirname(targetPath), { recursive: true });
    return openVolume(targetPath, { clock: this.#deps.clock });
  }
}

function toMountedFiles({ files, objectVersion }: MountResponse): ReadonlyMap<string, MountedFile> {
  const mounted = files.map((file, index) => ({ ...file, version: objectVersion[index]?.version ?? '' }));
  return new Map(mounted.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map((file) => [file.path, file]));
}

function findChanges(
  before: ReadonlyMap<string, MountedFile>,
  after: ReadonlyMap<string, MountedFile>,
): readonly FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }))
    .filter((change) => !isSame(change.before, change.after));
}

function isSame(a: MountedFile | undefined, b: MountedFile | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.version === b.version && Buffer.compare(a.contents, b.contents) === 0;
}
