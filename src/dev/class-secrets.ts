import { formatProblem } from '../core/problem.ts';
import { parseSecretObjects } from '../secret-objects/parse.ts';
import type { SecretObject } from '../secret-objects/secret-object.ts';
import { isProviderName } from '../core/provider-names.ts';
import { classDialects } from '../spc/dialect.ts';
import { planOffline } from '../spc/offline-plan.ts';
import { toPlainJson } from '../spc/plain-json.ts';
import type { YamlNode } from '../spc/yaml-node.ts';
import { YamlReading } from '../spc/yaml-place.ts';
import type { ProviderClass } from './volumes.ts';

/** The Secrets that a class asks for. */
export interface ClassSecrets {
  readonly objects: readonly SecretObject[];
  /** Why there are none of them, for reading. */
  readonly problems: readonly string[];
  /** Paths of files that may be absent, and their keys with them. */
  readonly optionalPaths: ReadonlySet<string>;
}

const path = 'secretObjects';
/** As in the linter: a few hundred entries of any length; aliases may repeat them. */
const budget = 1024 * 1024;

/** Reads `secretObjects` as the controller would find them in a cluster. */
export function readClassSecrets(providerClass: ProviderClass): ClassSecrets {
  const { objects, problems } = readObjects(providerClass.secretObjects);
  return { objects, problems, optionalPaths: findOptionalPaths(providerClass) };
}

function readObjects(node: YamlNode | undefined): Omit<ClassSecrets, 'optionalPaths'> {
  if (node === undefined) return { objects: [], problems: [] };
  const reading = new YamlReading(budget);
  const raw = toPlainJson(node, { path, reading });
  const parsed = parseSecretObjects(raw, path);
  const problems = [...reading.problems, ...(parsed.ok ? [] : parsed.problems)].map(formatProblem);
  if (reading.exhausted) problems.push(`${path}: repeats itself too often through aliases`);
  return { objects: parsed.ok && problems.length === 0 ? parsed.value : [], problems };
}

/** A class that cannot be read is not mounted either. */
function findOptionalPaths({ provider, parameters }: ProviderClass): ReadonlySet<string> {
  const plan = isProviderName(provider) ? planOffline(classDialects[provider], parameters) : undefined;
  const objects = plan?.ok === true ? plan.value.objects : [];
  return new Set(objects.filter(({ optional }) => optional).map((object) => object.path));
}
