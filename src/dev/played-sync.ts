import { toSecretError } from '../core/errors.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { placeholderPath } from '../csi/response.ts';
import { differingKeys } from '../secret-objects/digest.ts';
import { renderSecret } from '../secret-objects/render.ts';
import type { DesiredSecret, SecretObject } from '../secret-objects/secret-object.ts';
import { withoutAbsent } from '../secret-objects/without-absent.ts';
import type { ClassSecrets } from './class-secrets.ts';
import type { PlayedVolume } from './mount-request.ts';
import type { MountedFile } from './played-driver.ts';

/** What the files of a volume mean for a Secret, where it is not what it was before. */
export type SecretNews =
  | { readonly kind: 'made'; readonly secret: DesiredSecret }
  | {
      readonly kind: 'changed';
      readonly before: DesiredSecret;
      readonly after: DesiredSecret;
      /** Sorted. */
      readonly keys: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The controller's part: the Secrets that it would keep, made of the files that are mounted; nothing is written. */
export class PlayedSync {
  readonly #classes: ReadonlyMap<PlayedVolume, ClassSecrets>;
  readonly #secrets = new Map<SecretObject, DesiredSecret>();
  readonly #reasons = new Map<SecretObject, string>();

  constructor(classes: ReadonlyMap<PlayedVolume, ClassSecrets>) {
    this.#classes = classes;
  }

  /** Whether the class of the volume asks for Secrets, or tries to. */
  concerns(volume: PlayedVolume): boolean {
    return this.problems(volume).length > 0 || (this.#classes.get(volume)?.objects.length ?? 0) > 0;
  }

  /** What is wrong with the secretObjects of the class. */
  problems(volume: PlayedVolume): readonly string[] {
    return this.#classes.get(volume)?.problems ?? [];
  }

  /** In the order of the class. The same reason of a refusal is told once. */
  async sync(volume: PlayedVolume, files: readonly MountedFile[]): Promise<readonly SecretNews[]> {
    const { objects, optionalPaths } = this.#classes.get(volume) ?? noSecrets;
    const resolved = files.filter(({ path }) => path !== placeholderPath).map(toResolved);
    const present = new Set(resolved.map(({ path }) => path));
    const absent = optionalPaths.difference(present);
    const news: SecretNews[] = [];
    for (const object of objects) news.push(...(await this.#syncOne(object, absent, resolved)));
    return news;
  }

  async #syncOne(
    object: SecretObject,
    absent: ReadonlySet<string>,
    files: readonly ResolvedObject[],
  ): Promise<readonly SecretNews[]> {
    try {
      return this.#keep(object, await renderSecret(withoutAbsent(object, absent), files));
    } catch (error) {
      const { code, message } = toSecretError(error);
      const reason = `${code}: ${message}`;
      const isKnown = this.#reasons.get(object) === reason;
      this.#reasons.set(object, reason);
      this.#secrets.delete(object);
      return isKnown ? [] : [{ kind: 'refused', reason }];
    }
  }

  #keep(object: SecretObject, secret: DesiredSecret): readonly SecretNews[] {
    const before = this.#secrets.get(object);
    this.#secrets.set(object, secret);
    this.#reasons.delete(object);
    if (before === undefined) return [{ kind: 'made', secret }];
    const keys = differingKeys(before.data, secret.data);
    return keys.length === 0 ? [] : [{ kind: 'changed', before, after: secret, keys }];
  }
}

const noSecrets: ClassSecrets = { objects: [], problems: [], optionalPaths: new Set() };

function toResolved({ path, mode, contents, version }: MountedFile): ResolvedObject {
  return { name: path, path, mode, contents: SecretBytes.from(contents), version };
}
