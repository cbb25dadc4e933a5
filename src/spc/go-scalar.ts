import { isUtf8 } from 'node:buffer';

import { toGoTimestamp } from './go-timestamp.ts';
import type { YamlScalar } from './yaml-node.ts';

/** Two generations of Go's YAML reader, which the official providers use: yaml.v3 for Vault, yaml.v2 for AWS. */
export type GoYaml = 'v2' | 'v3';

/** What Go's YAML reader takes a scalar for. */
export type GoScalar =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  /** Between -2^63 and 2^64. */
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  /** In RFC 3339. */
  | { readonly type: 'timestamp'; readonly value: string }
  /** `decoded`: what a `!!binary` scalar stands for. */
  | { readonly type: 'string'; readonly value: string; readonly decoded?: true }
  /** `reason` is the end of a sentence that starts with the place. */
  | { readonly type: 'invalid'; readonly reason: string };

const words: ReadonlyMap<string, GoScalar> = new Map<string, GoScalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { type: 'null' }] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, { type: 'bool', value: true }] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, { type: 'bool', value: false }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { type: 'float', value: Number.NaN }] as const),
  ...['', '+'].flatMap((sign) => infinities(sign, Infinity)),
  ...infinities('-', -Infinity),
]);

/** Parity: yaml.v2 knows the booleans of YAML 1.1. */
const oldWords: ReadonlyMap<string, GoScalar> = new Map<string, GoScalar>([
  ...words,
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, { type: 'bool', value: true }] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, { type: 'bool', value: false }] as const),
]);

const integer =
  /^(?<sign>[-+]?)(?:(?<prefixed>0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)|0(?<octal>[0-7]+)|(?<decimal>0|[1-9]\d*))$/;
/** With leading zeros for every base; longer ones are out of range. */
const maxIntegerLength = 100;
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const dottedFloat = /^\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?$/;
/** Base64 as Go's StdEncoding decodes it, without line ends. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Parity: yaml.v3 or yaml.v2. Quoted and block scalars are strings; a plain one is what it looks like (`0600` octal, `yes` a
 * string in v3 alone); an explicit tag must fit; an unknown tag makes a string.
 */
export function resolveScalar({ text, style, tag }: YamlScalar, goYaml: GoYaml = 'v3'): GoScalar {
  switch (tag) {
    case '':
      return style === 'plain' ? resolvePlain(text, { goYaml, withTimestamps: true }) : { type: 'string', value: text };
    case '!!null':
    case '!!bool':
    case '!!int':
    case '!!float':
    case '!!timestamp':
      return fit(resolvePlain(text, { goYaml, withTimestamps: tag === '!!timestamp' }), tag);
    case '!!binary':
      return decodeBinary(text);
    default:
      return { type: 'string', value: text };
  }
}

interface PlainRules {
  readonly goYaml: GoYaml;
  readonly withTimestamps: boolean;
}

function resolvePlain(text: string, { goYaml, withTimestamps }: PlainRules): GoScalar {
  const word = (goYaml === 'v2' ? oldWords : words).get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return toFloat(text, dottedFloat) ?? { type: 'string', value: text };
  if (!/^[-+0-9]/.test(text)) return { type: 'string', value: text };
  const timestamp = withTimestamps ? toGoTimestamp(text) : undefined;
  if (timestamp !== undefined) return { type: 'timestamp', value: timestamp };
  const digits = text.replaceAll('_', '');
  return toInteger(digits) ?? toFloat(digits, float) ?? { type: 'string', value: text };
}

function toInteger(text: string): GoScalar | undefined {
  const groups = text.length > maxIntegerLength ? undefined : integer.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { sign = '', prefixed, octal, decimal = '' } = groups;
  const magnitude = BigInt(prefixed ?? (octal === undefined ? decimal : `0o${octal}`));
  const value = sign === '-' ? -magnitude : magnitude;
  const limit = sign === '' ? 2n ** 64n : 2n ** 63n;
  return value >= -(2n ** 63n) && value < limit ? { type: 'int', value } : undefined;
}

/** Undefined beyond the range too: yaml.v3 keeps such text a string. */
function toFloat(text: string, pattern: RegExp): GoScalar | undefined {
  if (!pattern.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? { type: 'float', value } : undefined;
}

function fit(scalar: GoScalar, tag: string): GoScalar {
  if (`!!${scalar.type}` === tag) return scalar;
  if (tag === '!!float' && scalar.type === 'int' && scalar.value < 2n ** 63n) {
    return { type: 'float', value: Number(scalar.value) };
  }
  return { type: 'invalid', reason: `does not fit its tag ${tag}` };
}

function decodeBinary(text: string): GoScalar {
  const encoded = text.replaceAll(/[\r\n]/g, '');
  if (!base64.test(encoded)) return { type: 'invalid', reason: 'has the tag !!binary but is no base64' };
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) return { type: 'invalid', reason: 'has the tag !!binary and holds bytes that are no text' };
  return { type: 'string', value: bytes.toString(), decoded: true };
}

function infinities(sign: string, value: number): (readonly [string, GoScalar])[] {
  return ['.inf', '.Inf', '.INF'].map((word) => [`${sign}${word}`, { type: 'float', value }] as const);
}
