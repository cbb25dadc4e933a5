import type { VaultStore } from '../core/object-ref.ts';
import type { PlannedObject } from '../core/plan.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import { type AwsObjectContext, readAwsObject } from './aws-object.ts';
import { awsParameterNames, readAwsClass } from './aws-store.ts';
import type { ClassContext, ClassDialect, ClassPlan } from './class-dialect.ts';
import { freshnessParameterNames, readFreshness } from './freshness.ts';
import { type NamedFile, type ObjectList, readObjectList } from './object-list.ts';
import { toPlannedVaultObject } from './vault-dialect.ts';
import { readVaultObject } from './vault-object.ts';
import { openbaoFlavour, storeParameterNames, vaultFlavour, VaultParameters } from './vault-parameters.ts';
import { readVaultStore } from './vault-store.ts';
import { readFields } from './yaml-fields.ts';
import type { YamlMapping } from './yaml-node.ts';
import { complain, show, under, type YamlPlace, YamlReading } from './yaml-place.ts';

/**
 * Reads classes in which every object names its `provider` and otherwise has the fields of that one, so that a volume holds
 * objects of several stores. The parameters are those of all; the ones of a store count when an object is there.
 */
export const lockstepDialect: ClassDialect = {
  parameterNames: [
    ...new Set([
      ...storeParameterNames(vaultFlavour),
      ...storeParameterNames(openbaoFlavour),
      ...awsParameterNames,
      ...freshnessParameterNames,
      'objects',
    ]),
  ],
  parse: parseLockstepClass,
  inspect(parameters) {
    const { remarks } = readMixedObjects(parameters, undefined, []).reading;
    return remarks.filter(({ rule, path }) => rule !== 'field-unknown' || !path.endsWith(`.${providerField}`));
  },
};

const providerField = 'provider';
/** Characters of provider names and of what they are merged from. */
const maxProviderWork = 1024 * 1024;

interface MixedFile {
  readonly object: PlannedObject;
  readonly file: NamedFile;
}

function parseLockstepClass(parameters: ReadonlyMap<string, string>, context: ClassContext): Parsed<ClassPlan> {
  const problems: Problem[] = [];
  const freshness = readFreshness(parameters, problems);
  const { objects, reading } = readMixedObjects(parameters, context, problems);
  problems.push(...reading.problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { freshness, objects: objects.map(({ object }) => object) } };
}

/** Without a context only remarks are of use. Pushes what is wrong with the parameters of the stores in use. */
function readMixedObjects(
  parameters: ReadonlyMap<string, string>,
  context: ClassContext | undefined,
  problems: Problem[],
): ObjectList<MixedFile> {
  const stores = new Stores(parameters, context, problems);
  const scratch = new YamlReading(maxProviderWork);
  return readObjectList<MixedFile>(parameters.get('objects') ?? '', {
    fields: `${providerField}, and the fields of that provider`,
    emptyList: 'ignored',
    nullEntry: 'refused',
    readEntry: (mapping, place) => readMixedObject(mapping, place, { stores, scratch }),
    toFile: ({ file }) => file,
    remedy: 'give one of the two another objectName, or at AWS another objectAlias',
  });
}

interface MixedContext {
  readonly stores: Stores;
  /** Takes the complaints of looking for the provider: its dialect makes them again. */
  readonly scratch: YamlReading;
}

function readMixedObject(
  mapping: YamlMapping,
  place: YamlPlace,
  { stores, scratch }: MixedContext,
): readonly MixedFile[] {
  const field = readFields(mapping, { ...place, reading: scratch }).get(providerField);
  const provider = field?.value.kind === 'scalar' ? field.value.text : undefined;
  if (provider === 'vault' || provider === 'openbao') return readVaultEntry(mapping, place, stores.vault(provider));
  if (provider === 'aws') return readAwsObject(mapping, place, stores.aws());
  const what = field?.value.kind === 'scalar' && provider !== '' ? `is ${show(field.value)}` : 'is missing';
  complain(under(place, providerField), field?.key ?? mapping, `${what}; write vault, openbao or aws`);
  return [];
}

interface VaultContext {
  readonly store: VaultStore;
  readonly defaultMode: number;
}

function readVaultEntry(
  mapping: YamlMapping,
  place: YamlPlace,
  { store, defaultMode }: VaultContext,
): readonly MixedFile[] {
  const object = readVaultObject(mapping, place);
  if (object === undefined) return [];
  const { at, name, line } = object;
  const file = { path: name, entry: at, field: 'objectName', line };
  return [{ object: toPlannedVaultObject(object, store, defaultMode), file }];
}

const noTls = { caFile: '', caDirectory: '', serverName: '', clientCertFile: '', clientKeyFile: '', skipVerify: false };
const noDefaults = { address: '', namespace: '', authMount: '', tls: noTls };

/** What the parameters say about each store, read when its first object asks for it. */
class Stores {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ClassContext | undefined;
  readonly #problems: Problem[];
  readonly #vaults = new Map<'vault' | 'openbao', VaultContext>();
  #aws: AwsObjectContext | undefined;

  constructor(parameters: ReadonlyMap<string, string>, context: ClassContext | undefined, problems: Problem[]) {
    this.#parameters = parameters;
    this.#context = context;
    this.#problems = problems;
  }

  vault(name: 'vault' | 'openbao'): VaultContext {
    const known = this.#vaults.get(name);
    if (known) return known;
    const parameters = new VaultParameters(this.#parameters, name === 'vault' ? vaultFlavour : openbaoFlavour);
    const store = readVaultStore(parameters, this.#context?.defaults[name] ?? noDefaults, this.#problems);
    const context = { store, defaultMode: this.#context?.defaultMode ?? 0 };
    this.#vaults.set(name, context);
    return context;
  }

  aws(): AwsObjectContext {
    this.#aws ??= {
      awsClass: readAwsClass(this.#parameters, this.#context?.defaults.aws, this.#problems),
      defaultMode: this.#context?.defaultMode ?? 0,
    };
    return this.#aws;
  }
}
