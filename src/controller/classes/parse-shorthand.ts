import { nearest } from '../../core/nearest.ts';
import type { Problem } from '../../core/problem.ts';
import { quoteKey } from '../../core/select.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { checkObjectName } from '../../secret-objects/kube-syntax.ts';
import { names } from '../names.ts';
import { intervalRule, parseInterval } from '../parse-interval.ts';

/** What the `lockstep.dev/…` labels and annotations of a class ask for. */
export type Shorthand =
  | { readonly kind: 'none' }
  | { readonly kind: 'wanted'; readonly serviceAccount: string; readonly interval: string | undefined }
  /** Nothing is to be made of it before the problems are gone. */
  | {
      readonly kind: 'unclear';
      readonly serviceAccount: string | undefined;
      readonly problems: readonly [Problem, ...Problem[]];
    };

/** Never throws. Every problem is SYNC_INVALID. */
export function parseShorthand({
  labels = {},
  annotations = {},
}: Pick<ObjectMeta, 'labels' | 'annotations'>): Shorthand {
  const account = annotations[names.serviceAccount];
  const interval = annotations[names.interval];
  const isAccount = account !== undefined && checkObjectName(account) === undefined;
  const problems = [
    ...findUnknown('labels', labels, known.labels),
    ...findUnknown('annotations', annotations, known.annotations),
    ...(account === undefined || isAccount
      ? []
      : [toProblem(names.serviceAccount, 'must be the name of a service account')]),
    ...(interval === undefined || parseInterval(interval) !== undefined
      ? []
      : [toProblem(names.interval, intervalRule)]),
  ];
  const [first, ...others] = problems;
  if (first) return { kind: 'unclear', serviceAccount: isAccount ? account : undefined, problems: [first, ...others] };
  return account === undefined ? nothing : { kind: 'wanted', serviceAccount: account, interval };
}

/** Shared by all that ask for nothing. */
const nothing = { kind: 'none' } as const;

const prefix = 'lockstep.dev/';
const known: Readonly<Record<Place, readonly string[]>> = {
  labels: [names.syncLabel],
  annotations: [names.serviceAccount, names.interval, names.forceSync],
};
const places = ['labels', 'annotations'] as const;

type Place = 'labels' | 'annotations';

function findUnknown(
  place: Place,
  found: Readonly<Record<string, string>>,
  allowed: readonly string[],
): readonly Problem[] {
  return Object.keys(found)
    .filter((key) => key.toLowerCase().startsWith(prefix) && !allowed.includes(key))
    .map((key) => ({
      code: 'SYNC_INVALID',
      path: `metadata.${place}`,
      message: `${quoteKey(key)} ${explain(key, place)}`,
    }));
}

/** The end of a sentence that starts with the key. */
function explain(key: string, place: Place): string {
  const other = places.find((each) => each !== place && known[each].includes(key));
  if (other) return `belongs under metadata.${other}`;
  const all = places.flatMap((each) => known[each]);
  const meant = nearest(key.slice(prefix.length), all.map(toSuffix));
  const hint = meant === undefined ? `known are ${all.join(', ')}` : `did you mean ${prefix}${meant}?`;
  return `is not known on a SecretProviderClass; ${hint}`;
}

function toSuffix(key: string): string {
  return key.slice(prefix.length);
}

function toProblem(key: string, message: string): Problem {
  return { code: 'SYNC_INVALID', path: `metadata.annotations[${JSON.stringify(key)}]`, message };
}
