import { Composer, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser } from 'yaml';

import type { YamlNode, YamlScalar } from './yaml-node.ts';

/** One document of a text. Mistakes stand beside what could be read. */
export interface YamlDocument {
  /** Undefined: the document is empty. */
  readonly root: YamlNode | undefined;
  readonly mistakes: readonly YamlMistake[];
}

export interface YamlMistake {
  readonly line: number;
  readonly message: string;
}

/** Documents that mean something are flat; more levels are an attack on the stack. */
const maxDepth = 100;
const maxMistakes = 10;
const maxMessageLength = 200;
const tagPrefix = 'tag:yaml.org,2002:';
/** Parity: what Go's YAML reader lets through. */
// oxlint-disable-next-line no-control-regex -- these are the characters it is about
const forbiddenCharacter = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The documents of a text one by one, parsed when asked for, so that who stops after the first never sees mistakes of the
 * second. Never throws. The work grows with the length of the text only: aliases are not expanded, deep nesting is refused.
 */
export function* parseYaml(text: string): Generator<YamlDocument, void, undefined> {
  // Parity: Go skips a byte order mark and takes a lone carriage return and U+0085 for line ends too.
  const normal = text.replace(/^\ufeff/, '').replaceAll(/\r\n?|\u0085/g, '\n');
  const control = forbiddenCharacter.exec(normal);
  if (control !== null) {
    yield { root: undefined, mistakes: [forbidden(normal, control)] };
    return;
  }
  const lines = new LineCounter();
  const tokens = new Parser(lines.addNewLine).parse(normal);
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent' });
  for (const document of composer.compose(tokens, true, normal.length)) yield convert(document, lines);
}

function forbidden(text: string, { 0: character, index }: RegExpExecArray): YamlMistake {
  const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const line = text.slice(0, index).split('\n').length;
  return { line, message: `holds the control character U+${code}, which YAML forbids; remove it` };
}

function convert(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const mistakes = document.errors
    .slice(0, maxMistakes)
    .map(({ pos, message, code }) => ({ line: lines.linePos(pos[0]).line, message: describe(code, message) }));
  // Parity: Go's parser refuses a directive that it does not know.
  if (document.warnings.some(({ code }) => code === 'BAD_DIRECTIVE')) {
    mistakes.push({ line: 1, message: 'has an unknown directive (a line that starts with %); remove it' });
  }
  const { explicit, version } = document.directives.yaml;
  if (explicit === true && version !== '1.1') {
    // Parity: Go's parser knows 1.1 only.
    mistakes.push({ line: 1, message: 'has a %YAML directive for a version other than 1.1; remove it' });
  }
  if (mistakes.length > 0 || document.contents === null) return { root: undefined, mistakes };
  const converter = new Converter(lines);
  const root = converter.convert(document.contents, 0);
  return { root, mistakes: converter.mistakes };
}

function describe(code: string, message: string): string {
  if (code === 'RESOURCE_EXHAUSTION') return tooDeep;
  const [firstLine = ''] = message.split('\n');
  return `is no valid YAML: ${firstLine.slice(0, maxMessageLength)}`;
}

const tooDeep = `is nested deeper than ${maxDepth} levels`;

/** Walks one document in its order, in which an anchor comes before its aliases. */
class Converter {
  readonly mistakes: YamlMistake[] = [];
  readonly #lines: LineCounter;
  /** Undefined: the node with that anchor is still being read. */
  readonly #anchors = new Map<string, YamlNode | undefined>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  convert(node: Node | null, depth: number): YamlNode {
    const line = this.#lineOf(node);
    if (depth > maxDepth) return this.#mistaken(line, tooDeep);
    if (isAlias(node)) return this.#target(node.source, line);
    const anchor = node !== null && 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const converted = this.#convertAnchored(node, line, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertAnchored(node: Node | null, line: number, depth: number): YamlNode {
    if (isMap<Node | null, Node | null>(node)) {
      const entries = node.items.map(({ key, value }) => ({
        key: this.convert(key, depth + 1),
        value: this.convert(value, depth + 1),
      }));
      return { kind: 'mapping', entries, line };
    }
    if (isSeq<Node | null>(node)) {
      return { kind: 'sequence', items: node.items.map((item) => this.convert(item, depth + 1)), line };
    }
    if (!isScalar(node)) return empty(line);
    return {
      kind: 'scalar',
      text: (node.source ?? '').toWellFormed(),
      style: styleOf(node.type),
      tag: shortTag(node.tag),
      line,
    };
  }

  #target(name: string, line: number): YamlNode {
    const target = this.#anchors.get(name);
    if (target !== undefined) return target;
    const contained = this.#anchors.has(name);
    return this.#mistaken(
      line,
      `has the alias *${name} ${contained ? 'inside its own anchor' : 'without an anchor before it'}`,
    );
  }

  #mistaken(line: number, message: string): YamlScalar {
    if (this.mistakes.length < maxMistakes) this.mistakes.push({ line, message });
    return empty(line);
  }

  #lineOf(node: Node | null): number {
    const start = node?.range?.[0];
    return start === undefined ? 1 : Math.max(1, this.#lines.linePos(start).line);
  }
}

function empty(line: number): YamlScalar {
  return { kind: 'scalar', text: '', style: 'plain', tag: '', line };
}

function styleOf(type: string | undefined): YamlScalar['style'] {
  if (type === undefined || type === 'PLAIN') return 'plain';
  return type.startsWith('BLOCK') ? 'block' : 'quoted';
}

function shortTag(tag: string | undefined): string {
  if (tag === undefined || tag === '!') return '';
  return tag.startsWith(tagPrefix) ? `!!${tag.slice(tagPrefix.length)}` : tag;
}
