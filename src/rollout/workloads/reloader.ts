import { memoize } from '../../core/memoize.ts';
import { parseGoBool } from '../../core/parse-bool.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { type NamePattern, parseNamePattern } from './name-pattern.ts';

/** What Reloader's annotations of a workload say about Secrets. Kept in memory: a few texts. */
export interface ReloaderAnnotations {
  /** `auto`: whatever the pods read. */
  readonly auto: boolean | undefined;
  /** `secret.…/auto`: whatever Secrets the pods read. */
  readonly secretAuto: boolean | undefined;
  /** `secret.…/reload`: names, each a regular expression; the pods need not read them. */
  readonly named: string | undefined;
  /** `search`: what the pods read and carries `match`. */
  readonly search: boolean;
  /** `secrets.exclude.…/reload`: names. */
  readonly excluded: string | undefined;
}

/** A Secret as these annotations see it. */
export interface ReloaderSubject {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** How the pods read it; undefined: they do not. */
  readonly use: 'reference' | 'mount' | undefined;
}

/**
 * `Reload`: a change of the Secret concerns the workload. `Excluded`: somebody took this Secret out. `OptedOut`: the workload
 * says so for all. `Unsaid`: nothing that concerns the Secret.
 */
export type ReloaderVerdict = 'Reload' | 'Excluded' | 'OptedOut' | 'Unsaid';

const domain = 'reloader.stakater.com';
const keys = {
  auto: `${domain}/auto`,
  secretAuto: `secret.${domain}/auto`,
  named: `secret.${domain}/reload`,
  search: `${domain}/search`,
  excluded: `secrets.exclude.${domain}/reload`,
  match: `${domain}/match`,
  ignore: `${domain}/ignore`,
} as const;

type Annotations = ObjectMeta['annotations'];

/**
 * Undefined: it has none. Parity: of the four that choose, those of the pod template count only where the workload itself has
 * none of them, and are never mixed; what is excluded is never read from the template.
 */
export function toReloaderAnnotations(workload: Annotations, template: Annotations): ReloaderAnnotations | undefined {
  const excluded = textOf(workload, keys.excluded);
  const chosen = chooserOf(workload) ?? chooserOf(template);
  if (chosen === undefined && excluded === undefined) return undefined;
  return { ...(chosen ?? noChooser), excluded };
}

/** Parity: the order of Reloader's checks. The patterns are anchored as a whole; invalid ones match nothing. */
export function reloaderVerdict(reloader: ReloaderAnnotations, secret: ReloaderSubject): ReloaderVerdict {
  if (isExcluded(reloader, secret)) return 'Excluded';
  if (isChosen(reloader, secret)) return 'Reload';
  const { auto, secretAuto, named, search } = reloader;
  const isOut = auto === false || secretAuto === false;
  const choosesOthers = auto === true || secretAuto === true || named !== undefined || search;
  return isOut && !choosesOthers ? 'OptedOut' : 'Unsaid';
}

/** Patterns that are skipped, for a warning. */
export function reloaderProblems(reloader: ReloaderAnnotations): readonly string[] {
  const patterns = patternsOf(reloader);
  return listIn(reloader.named ?? '').flatMap((_, index) =>
    patterns[index] === undefined
      ? [`${keys.named}: entry ${index + 1} is not a regular expression that lockstep understands, and is skipped`]
      : [],
  );
}

type Chooser = Omit<ReloaderAnnotations, 'excluded'>;

const noChooser: Chooser = { auto: undefined, secretAuto: undefined, named: undefined, search: false };

function chooserOf(annotations: Annotations): Chooser | undefined {
  const [auto, secretAuto] = [textOf(annotations, keys.auto), textOf(annotations, keys.secretAuto)];
  const [named, search] = [textOf(annotations, keys.named), textOf(annotations, keys.search)];
  if ([auto, secretAuto, named, search].every((text) => text === undefined)) return undefined;
  return { auto: toSwitch(auto), secretAuto: toSwitch(secretAuto), named, search: search === 'true' };
}

/** Parity: what is no boolean is false. */
function toSwitch(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : (parseGoBool(text) ?? false);
}

function isExcluded({ excluded }: ReloaderAnnotations, { name, annotations }: ReloaderSubject): boolean {
  return annotations[keys.ignore] === 'true' || listIn(excluded ?? '').includes(name);
}

function isChosen(reloader: ReloaderAnnotations, { name, annotations, use }: ReloaderSubject): boolean {
  if (patternsOf(reloader).some((matches) => matches?.(name))) return true;
  if (use === undefined) return false;
  const isFound = reloader.search && annotations[keys.match] === 'true';
  return isFound || reloader.auto === true || (reloader.secretAuto === true && use === 'reference');
}

const patternsOf = memoize(({ named }: ReloaderAnnotations): readonly (NamePattern | undefined)[] =>
  listIn(named ?? '').map(parseNamePattern),
);

function listIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** An empty one says nothing, as in Reloader. */
function textOf(annotations: Annotations, key: string): string | undefined {
  const text: unknown = annotations?.[key];
  return typeof text === 'string' && text !== '' ? text : undefined;
}
