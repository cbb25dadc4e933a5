import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

import type { MigrationFinding, Report } from './finding.ts';

/** A text and the name under which findings speak of it. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

export type PathStep = string | number;

/** An object of Kubernetes out of a file. */
export interface SourceObject {
  readonly file: string;
  readonly line: number;
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty: the manifest names none. */
  readonly namespace: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Line of the file where a field of the object stands, or the nearest one around it. */
  readonly lineOf: (path: readonly PathStep[]) => number;
}

/** `ExternalSecret shop/db`. What others wrote can neither break a line nor steer a terminal. */
export function describeSource({ kind, namespace, name }: Pick<SourceObject, 'kind' | 'namespace' | 'name'>): string {
  const text = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  return text.slice(0, 400).replaceAll(/[^\w ./:-]/g, '?');
}

/** The objects of files in their order, those in lists of kubectl one by one. What is no YAML is reported. Never throws. */
export function readSources(files: readonly SourceFile[], report: Report): readonly SourceObject[] {
  return files.flatMap((file) => readFile(file, report));
}

/** The members of a map; none of anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  // An edge: JSON of a manifest, every member of which is checked where it is read.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Manifests are flat; more levels are an attack on the stack. */
const maxDepth = 100;
const tooDeep = `is nested deeper than ${maxDepth} levels`;

function readFile({ file, text }: SourceFile, report: Report): readonly SourceObject[] {
  const lines = new LineCounter();
  const complain = (line: number, message: string): void => report(toInvalid(file, line, message));
  let documents: readonly Document.Parsed[];
  try {
    documents = [...parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false })];
  } catch {
    // Its only reason to throw is the stack.
    complain(1, tooDeep);
    return [];
  }
  return documents.flatMap((document) => {
    const [mistake] = document.errors;
    if (mistake === undefined) return readDocument({ file, lines, document, complain });
    // Its words quote the text, which may hold Secrets: only the code is shown.
    const message = mistake.code === 'RESOURCE_EXHAUSTION' ? tooDeep : `is no valid YAML (${mistake.code})`;
    complain(lines.linePos(mistake.pos[0]).line, message);
    return [];
  });
}

interface DocumentInput {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
  readonly complain: (line: number, message: string) => void;
}

function readDocument({ file, lines, document, complain }: DocumentInput): readonly SourceObject[] {
  const start = document.contents?.range?.[0];
  const line = start === undefined ? 1 : lines.linePos(start).line;
  let body: unknown;
  try {
    body = document.toJS();
  } catch {
    complain(line, 'repeats itself too often through aliases, or has an alias without an anchor');
    return [];
  }
  if (isDeeper(body, maxDepth)) {
    complain(line, tooDeep);
    return [];
  }
  const lineOf = (path: readonly PathStep[]): number => findLine(document, lines, path) ?? line;
  return toObjects({ file, body: membersOf(body), lineOf, prefix: [] });
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

interface Found {
  readonly file: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly lineOf: SourceObject['lineOf'];
  readonly prefix: readonly PathStep[];
}

/** `kind: List` and `kind: ExternalSecretList` hold others. */
function toObjects({ file, body, lineOf, prefix }: Found): readonly SourceObject[] {
  const { kind, apiVersion, metadata, items } = body;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return [];
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) =>
      toObjects({ file, body: membersOf(item), lineOf, prefix: [...prefix, 'items', index] }),
    );
  }
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const { namespace, name } = membersOf(metadata);
  return [
    {
      file,
      line: lineOf(prefix),
      group,
      version,
      kind,
      namespace: typeof namespace === 'string' ? namespace : '',
      name: typeof name === 'string' ? name : '',
      body,
      lineOf: (path) => lineOf([...prefix, ...path]),
    },
  ];
}

function toInvalid(file: string, line: number, message: string): MigrationFinding {
  return { file, line, severity: 'error', rule: 'manifest-invalid', object: '', path: '', message };
}

/** The line of the key, or of the item, that the path leads to as far as it can be followed. */
function findLine(document: Document, lines: LineCounter, path: readonly PathStep[]): number | undefined {
  let node: unknown = document.contents;
  let at = offsetOf(node);
  for (const step of path) {
    const next = stepInto(isAlias(node) ? node.resolve(document) : node, step);
    if (next === undefined) break;
    at = offsetOf(next.key) ?? at;
    node = next.value;
  }
  return at === undefined ? undefined : lines.linePos(at).line;
}

interface Step {
  /** Where a person would look. */
  readonly key: unknown;
  readonly value: unknown;
}

function stepInto(node: unknown, step: PathStep): Step | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && key.value === step);
}

function offsetOf(node: unknown): number | undefined {
  return (node as Partial<Node> | null | undefined)?.range?.[0];
}
