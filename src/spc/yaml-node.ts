/** A YAML document as written: types are not resolved, aliases point at what they stand for. */
export type YamlNode = YamlScalar | YamlMapping | YamlSequence;

export interface YamlScalar {
  readonly kind: 'scalar';
  /** The text after unquoting and unescaping. */
  readonly text: string;
  readonly style: 'plain' | 'quoted' | 'block';
  /** `!!int`, `!custom`; empty: none. */
  readonly tag: string;
  /** 1-based, as everywhere. */
  readonly line: number;
}

export interface YamlMapping {
  readonly kind: 'mapping';
  readonly entries: readonly YamlEntry[];
  readonly line: number;
}

export interface YamlEntry {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

export interface YamlSequence {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
  readonly line: number;
}

/** What a message calls a node. */
export const kindNames: Readonly<Record<YamlNode['kind'], string>> = {
  scalar: 'a single value',
  mapping: 'a map',
  sequence: 'a list',
};
