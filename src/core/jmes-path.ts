import { compile, type JSONValue } from '@jmespath-community/jmespath';

import type { JsonValue } from './go-json.ts';
import { JmesCall, JmesExpression, type JmesArgument, jmesFunctions } from './jmes-functions.ts';
import {
  isEqual,
  isFalse,
  isJmesArray,
  isJmesObject,
  JmesPathError,
  type JmesValue,
  toJmesValue,
} from './jmes-value.ts';

export { JmesPathError } from './jmes-value.ts';

type Node = ReturnType<typeof compile>;

/** A path of a secret is short; a longer one is an attack on the stack. */
const maxLength = 4096;

/** Why an expression can never be used, as the end of a sentence that starts with it; undefined: it can. */
export function checkJmesPath(expression: string): string | undefined {
  try {
    compileStrictly(expression);
    return undefined;
  } catch (error) {
    if (error instanceof JmesPathError) return error.message;
    throw error;
  }
}

/**
 * What an expression finds in a document. Throws JmesPathError. Parity: go-jmespath 0.4, which knows neither arithmetic nor
 * `let`, `$` or `?:`, fewer functions than the parser's library, and sorts and compares numbers as numbers.
 */
export function searchJmesPath(expression: string, document: JsonValue): JmesValue {
  const node = compileStrictly(expression);
  const value = evaluate(node, toJmesValue(document));
  if (value instanceof JmesExpression) throw new JmesPathError('is no path: & belongs into a function');
  return value;
}

function compileStrictly(expression: string): Node {
  if (expression.length > maxLength) throw new JmesPathError(`is longer than ${maxLength} characters`);
  let node: Node;
  try {
    node = compile(expression);
  } catch {
    throw new JmesPathError(`is no JMESPath expression${hint(expression)}`);
  }
  requireKnown(node);
  return node;
}

/** What people stumble over most. */
function hint(expression: string): string {
  return /[^A-Za-z0-9_.[\]]/.test(expression) ? '; put keys with other characters than letters, digits and _ in quotes: \'"a-b"\'' : '';
}

/** The parser accepts more than the reference does. */
function requireKnown(node: Node): void {
  switch (node.type) {
    case 'Arithmetic':
    case 'Unary': {
      throw new JmesPathError('calculates, which paths cannot; put keys with - or / in quotes: \'"a-b"\'');
    }
    case 'LetExpression':
    case 'Binding':
    case 'Variable':
    case 'Ternary':
    case 'Root':
      throw new JmesPathError('uses a newer form of JMESPath (let, $ or ?:) than paths can have');
    case 'Function':
      if (!(node.name in jmesFunctions)) throw new JmesPathError(`calls the unknown function ${node.name.slice(0, 60)}()`);
  }
  for (const child of childrenOf(node)) requireKnown(child);
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'MultiSelectHash':
      return node.children.map(({ value }) => value);
    case 'MultiSelectList':
    case 'Function':
      return node.children;
    case 'Flatten':
    case 'NotExpression':
    case 'ExpressionReference':
      return [node.child];
    case 'FilterProjection':
      return [node.left, node.right, node.condition];
    case 'AndExpression':
    case 'OrExpression':
    case 'IndexExpression':
    case 'Pipe':
    case 'Projection':
    case 'ValueProjection':
    case 'Subexpression':
    case 'Comparator':
      return [node.left, node.right];
    default:
      return [];
  }
}

/** An expression reference is an argument of a function and no value. */
function evaluate(node: Node, value: JmesValue): JmesArgument {
  if (node.type === 'ExpressionReference') return new JmesExpression((element) => valueOf(node.child, element));
  return valueOf(node, value);
}

function valueOf(node: Node, value: JmesValue): JmesValue {
  switch (node.type) {
    case 'Identity':
    case 'Current':
      return value;
    case 'Literal':
      return toLiteral(node.value);
    case 'Field':
      return value !== null && isJmesObject(value) ? (value.get(node.name) ?? null) : null;
    case 'Index':
      return isJmesArray(value) ? (value.at(node.value) ?? null) : null;
    case 'Slice':
      return isJmesArray(value) ? slice(value, node) : null;
    case 'Function':
      return callFunction(node, value);
    case 'Subexpression':
    case 'IndexExpression':
    case 'Pipe':
      return valueOf(node.right, valueOf(node.left, value));
    case 'NotExpression':
      return isFalse(valueOf(node.child, value));
    case 'OrExpression':
    case 'AndExpression': {
      const left = valueOf(node.left, value);
      return isFalse(left) === (node.type === 'OrExpression') ? valueOf(node.right, value) : left;
    }
    case 'Comparator':
      return compareValues(node.name, valueOf(node.left, value), valueOf(node.right, value));
    default:
      return manyOf(node, value);
  }
}

function toLiteral(value: JSONValue): JmesValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toLiteral);
  return new Map(Object.entries(value).map(([key, member]) => [key, toLiteral(member)]));
}

/** What makes lists and objects. */
function manyOf(node: Node, value: JmesValue): JmesValue {
  switch (node.type) {
    case 'MultiSelectList':
      return value === null ? null : node.children.map((child) => valueOf(child, value));
    case 'MultiSelectHash':
      return value === null ? null : new Map(node.children.map((child) => [child.name, valueOf(child.value, value)]));
    case 'Flatten': {
      const list = valueOf(node.child, value);
      return isJmesArray(list) ? list.flatMap((element) => element) : null;
    }
    case 'Projection':
      return project(valueOf(node.left, value), node.right);
    case 'ValueProjection': {
      const object = valueOf(node.left, value);
      return object !== null && isJmesObject(object) ? project([...object.values()], node.right) : null;
    }
    case 'FilterProjection': {
      const list = valueOf(node.left, value);
      if (!isJmesArray(list)) return null;
      return project(list.filter((element) => !isFalse(valueOf(node.condition, element))), node.right);
    }
    default:
      throw new JmesPathError('has & where a value belongs');
  }
}

function project(list: JmesValue, right: Node): JmesValue {
  if (!isJmesArray(list)) return null;
  return list.map((element) => valueOf(right, element)).filter((element) => element !== null);
}

function callFunction(node: Extract<Node, { type: 'Function' }>, value: JmesValue): JmesValue {
  const call = new JmesCall(node.name, node.children.map((child) => evaluate(child, value)));
  const run = jmesFunctions[node.name];
  if (run === undefined) throw new JmesPathError('calls an unknown function');
  return run(call);
}

function compareValues(name: Extract<Node, { type: 'Comparator' }>['name'], left: JmesValue, right: JmesValue): JmesValue {
  if (name === 'EQ') return isEqual(left, right);
  if (name === 'NE') return !isEqual(left, right);
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  switch (name) {
    case 'GT':
      return left > right;
    case 'GTE':
      return left >= right;
    case 'LT':
      return left < right;
    case 'LTE':
      return left <= right;
  }
}

function slice(list: readonly JmesValue[], node: Extract<Node, { type: 'Slice' }>): JmesValue {
  const step = node.step ?? 1;
  if (step === 0) throw new JmesPathError('has a slice with step 0');
  const bound = (at: number | null, missing: number): number => {
    if (at === null) return missing;
    const index = at < 0 ? at + list.length : at;
    return step > 0 ? Math.min(Math.max(index, 0), list.length) : Math.min(Math.max(index, -1), list.length - 1);
  };
  const start = bound(node.start, step > 0 ? 0 : list.length - 1);
  const stop = bound(node.stop, step > 0 ? list.length : -1);
  const taken: JmesValue[] = [];
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) taken.push(list[index] ?? null);
  return taken;
}
