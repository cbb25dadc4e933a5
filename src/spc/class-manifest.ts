import { resolveScalar } from './go-scalar.ts';
import { readFields, type YamlField } from './yaml-fields.ts';
import { kindNames, type YamlMapping, type YamlNode, type YamlScalar } from './yaml-node.ts';
import { complain, show, under, type YamlPlace } from './yaml-place.ts';
import { readText } from './yaml-values.ts';

export const apiGroup = 'secrets-store.csi.x-k8s.io';

/** A SecretProviderClass out of a file. */
export interface ClassManifest {
  readonly apiVersion: string;
  readonly name: string;
  /** Empty: the manifest names none. */
  readonly namespace: string;
  readonly provider: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** As written; undefined: none. */
  readonly secretObjects: YamlNode | undefined;
  /** Where it starts in the file. */
  readonly line: number;
  /** Lines of the file by path: `apiVersion`, `provider`, `parameters`, `parameters.roleName`. */
  readonly lines: ReadonlyMap<string, number>;
  /** Line n of the text of `objects` is this plus n in the file. */
  readonly objectsOffset: number;
}

type Fields = ReadonlyMap<string, YamlField>;

/** Reads a map of that kind. Complaints name the path inside the manifest. Undefined: there is nothing to go on with. */
export function readClassManifest(root: YamlMapping, place: YamlPlace): ClassManifest | undefined {
  const manifest: Section = { fields: readFields(root, place), node: root, place };
  const apiVersion = readApiVersion(manifest);
  const metadata = readSection('metadata', manifest);
  const name = metadata && requireText('name', metadata, 'name the class');
  const spec = readSection('spec', manifest);
  const provider = spec && requireText('provider', spec, 'name the provider, such as vault');
  const section = spec && readSection('parameters', spec);
  if (metadata === undefined || spec === undefined || section === undefined) return undefined;

  const parameters = readParameters(section);
  return {
    apiVersion,
    name: name ?? '',
    namespace: readOptionalText('namespace', metadata),
    provider: provider ?? '',
    parameters: new Map([...parameters].map(([key, { text }]) => [key, text])),
    secretObjects: spec.fields.get('secretObjects')?.value,
    line: root.line,
    lines: toLines(manifest.fields, spec.fields, parameters),
    objectsOffset: objectsOffset(parameters.get('objects')),
  };
}

function readApiVersion(manifest: Section): string {
  const apiVersion = requireText('apiVersion', manifest, `write ${apiGroup}/v1`);
  if (apiVersion !== '' && !apiVersion.startsWith(`${apiGroup}/`)) {
    const node = manifest.fields.get('apiVersion')?.key ?? manifest.node;
    complain(pathOf('apiVersion', manifest), node, `must be ${apiGroup}/v1`);
  }
  return apiVersion;
}

/** A map of the manifest: its fields, and where problems with them are filed. */
interface Section {
  readonly fields: Fields;
  readonly node: YamlNode;
  readonly place: YamlPlace;
}

function readSection(name: string, parent: Section): Section | undefined {
  const place = pathOf(name, parent);
  const field = parent.fields.get(name);
  if (field?.value.kind === 'mapping') return { fields: readFields(field.value, place), node: field.key, place };
  complain(place, field?.key ?? parent.node, field === undefined ? 'is missing' : 'must be a map');
  return undefined;
}

function readOptionalText(name: string, section: Section): string {
  const field = section.fields.get(name);
  return field === undefined ? '' : readText(field.value, pathOf(name, section));
}

function requireText(name: string, section: Section, remedy: string): string {
  const text = readOptionalText(name, section);
  if (text === '')
    complain(pathOf(name, section), section.fields.get(name)?.key ?? section.node, `is missing; ${remedy}`);
  return text;
}

/** `file` and `spec` say nothing that an author does not know: `parameters.roleName` is what dialects call it too. */
function pathOf(name: string, { place }: Section): YamlPlace {
  return place.path === 'file' || place.path === 'spec' ? { ...place, path: name } : under(place, name);
}

interface ParameterText {
  readonly text: string;
  readonly key: YamlScalar;
  readonly value: YamlScalar;
}

/** The API server takes strings only, so that what looks like something else needs quotes. */
function readParameters({ fields, place }: Section): ReadonlyMap<string, ParameterText> {
  const parameters = new Map<string, ParameterText>();
  for (const [name, { key, value }] of fields) {
    const parameter = under(place, name);
    if (value.kind !== 'scalar') {
      const remedy = name === 'objects' ? 'it must be a string: write `objects: |`' : 'it must be a string';
      complain(parameter, value, `is ${kindNames[value.kind]}; ${remedy}`);
    } else {
      if (!isString(value)) complain(parameter, value, `is ${show(value)}, which is no string; put it in quotes`);
      parameters.set(name, { text: value.text, key, value });
    }
  }
  return parameters;
}

/** What kubectl takes for a boolean besides those of YAML 1.2. */
const oldBooleans = /^(?:y|Y|n|N|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$/;

function isString(scalar: YamlScalar): boolean {
  const { type } = resolveScalar(scalar);
  if (type === 'timestamp') return true;
  return type === 'string' && !(scalar.style === 'plain' && scalar.tag === '' && oldBooleans.test(scalar.text));
}

function toLines(
  fields: Fields,
  specFields: Fields,
  parameters: ReadonlyMap<string, ParameterText>,
): ReadonlyMap<string, number> {
  const named = [...fields, ...specFields].map(([name, { key }]) => [name, key.line] as const);
  return new Map([...named, ...[...parameters].map(([name, { key }]) => [`parameters.${name}`, key.line] as const)]);
}

/** The lines of a block follow its header; those of any other text are not told apart. */
function objectsOffset(objects: ParameterText | undefined): number {
  if (objects === undefined) return 0;
  return objects.value.style === 'block' ? objects.value.line : objects.value.line - 1;
}
