import type { Problem } from '../../core/problem.ts';
import { keyOf, type KubeObject, membersOf, type ObjectKey } from '../../kube/objects.ts';
import { parseSecretObjects } from '../../secret-objects/parse.ts';
import type { SecretObject } from '../../secret-objects/secret-object.ts';
import { names } from '../names.ts';
import { parseShorthand, type Shorthand } from './parse-shorthand.ts';

/** A SecretProviderClass as the loop keeps it in memory. */
export interface ClassObject {
  readonly key: ObjectKey;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Empty where there is none. */
  readonly provider: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined: it has none, or mistakes in them. */
  readonly secretObjects: readonly SecretObject[] | undefined;
  readonly shorthand: Shorthand;
  /** Value of the annotation `lockstep.dev/force-sync`. */
  readonly forceSync: string | undefined;
  /** Whoever uses the class stalls on them. Those of the parameters are found by the dialect. */
  readonly problems: readonly Problem[];
}

/** What a watch keeps of a SecretProviderClass. Never throws. */
export function parseClass({ metadata, spec }: KubeObject): ClassObject {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const { provider, parameters, secretObjects: rawObjects } = membersOf(spec);
  const shorthand = parseShorthand(metadata);
  const objects = isGiven(rawObjects) ? parseSecretObjects(rawObjects, 'secretObjects') : undefined;
  return {
    key: keyOf({ namespace, name }),
    namespace,
    name,
    uid,
    generation: metadata.generation ?? 0,
    resourceVersion,
    provider: typeof provider === 'string' ? provider : '',
    parameters: new Map(Object.entries(membersOf(parameters)).filter(isText)),
    secretObjects: objects?.ok ? objects.value : undefined,
    shorthand,
    forceSync: metadata.annotations?.[names.forceSync],
    problems: [
      ...(shorthand.kind === 'unclear' ? shorthand.problems : []),
      ...(objects === undefined || objects.ok ? [] : objects.problems),
    ],
  };
}

function isGiven(raw: unknown): boolean {
  return raw !== undefined && raw !== null;
}

/** The driver's CRD lets nothing else in. */
function isText(entry: readonly [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
