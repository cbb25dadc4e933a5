import type { compile, JSONValue } from '@jmespath-community/jmespath';

import { JmesCall, JmesExpression, jmesFunctions } from './jmes-functions.ts';
import { isEqual, isFalse, isJmesArray, isJmesObject, JmesPathError, type JmesValue } from './jmes-value.ts';

/** A part of an expression: what it makes of a value. Throws JmesPathError. */
export type JmesStep = (value: JmesValue) => JmesValue;

type Node = ReturnType<typeof compile>;

/** An expression, ready to be asked. Throws JmesPathError for forms that the parser knows and the reference does not. */
export function toStep(node: Node): JmesStep {
  const step = toLeaf(node) ?? toChain(node) ?? toDecision(node) ?? toList(node) ?? toProjection(node);
  if (step) return step;
  if (node.type === 'ExpressionReference') throw new JmesPathError('has & outside of a function');
  if (node.type === 'Arithmetic' || node.type === 'Unary') {
    throw new JmesPathError('calculates, which paths cannot; put keys with - or / in quotes: \'"a-b"\'');
  }
  throw new JmesPathError('uses a newer form of JMESPath (let, $ or ?:) than paths can have');
}

function toLeaf(node: Node): JmesStep | undefined {
  if (node.type === 'Identity' || node.type === 'Current') return (value) => value;
  if (node.type === 'Field') return (value) => (isJmesObject(value) ? (value.get(node.name) ?? null) : null);
  if (node.type === 'Index') return (value) => (isJmesArray(value) ? (value.at(node.value) ?? null) : null);
  if (node.type === 'Slice') return (value) => (isJmesArray(value) ? slice(value, node) : null);
  if (node.type !== 'Literal') return undefined;
  const literal = toLiteral(node.value);
  return () => literal;
}

function toLiteral(value: JSONValue): JmesValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toLiteral);
  return new Map(Object.entries(value).map(([key, member]) => [key, toLiteral(member)]));
}

/** One after the other. */
function toChain(node: Node): JmesStep | undefined {
  if (node.type === 'Function') return toCall(node);
  if (node.type !== 'Subexpression' && node.type !== 'IndexExpression' && node.type !== 'Pipe') return undefined;
  const [left, right] = [toStep(node.left), toStep(node.right)];
  return (value) => right(left(value));
}

function toCall({ name, children }: Extract<Node, { type: 'Function' }>): JmesStep {
  const run = jmesFunctions[name];
  if (run === undefined) throw new JmesPathError(`calls the unknown function ${name.slice(0, 60)}()`);
  const parts = children.map((child) => {
    if (child.type !== 'ExpressionReference') return toStep(child);
    const expression = new JmesExpression(toStep(child.child));
    return () => expression;
  });
  return (value) =>
    run(
      new JmesCall(
        name,
        parts.map((part) => part(value)),
      ),
    );
}

function toDecision(node: Node): JmesStep | undefined {
  if (node.type === 'NotExpression') {
    const child = toStep(node.child);
    return (value) => isFalse(child(value));
  }
  if (node.type === 'Comparator') {
    const [left, right] = [toStep(node.left), toStep(node.right)];
    return (value) => compareValues(node.name, left(value), right(value));
  }
  if (node.type !== 'OrExpression' && node.type !== 'AndExpression') return undefined;
  const [left, right] = [toStep(node.left), toStep(node.right)];
  const goesOn = node.type === 'OrExpression';
  return (value) => {
    const first = left(value);
    return isFalse(first) === goesOn ? right(value) : first;
  };
}

type Comparison = Extract<Node, { type: 'Comparator' }>['name'];

/** Parity: only numbers have an order. */
function compareValues(name: Comparison, left: JmesValue, right: JmesValue): JmesValue {
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

function toList(node: Node): JmesStep | undefined {
  if (node.type === 'MultiSelectList') {
    const parts = node.children.map(toStep);
    return (value) => (value === null ? null : parts.map((part) => part(value)));
  }
  if (node.type === 'MultiSelectHash') {
    const parts = node.children.map((child) => [child.name, toStep(child.value)] as const);
    return (value) => (value === null ? null : new Map(parts.map(([name, part]) => [name, part(value)])));
  }
  if (node.type !== 'Flatten') return undefined;
  const child = toStep(node.child);
  return (value) => {
    const list = child(value);
    return isJmesArray(list) ? list.flatMap((element) => element) : null;
  };
}

function toProjection(node: Node): JmesStep | undefined {
  if (node.type !== 'Projection' && node.type !== 'ValueProjection' && node.type !== 'FilterProjection')
    return undefined;
  const [left, right] = [toStep(node.left), toStep(node.right)];
  const keep = node.type === 'FilterProjection' ? toStep(node.condition) : undefined;
  return (value) => {
    const many = left(value);
    const list = node.type === 'ValueProjection' ? valuesOf(many) : many;
    if (!isJmesArray(list)) return null;
    const kept = keep ? list.filter((element) => !isFalse(keep(element))) : list;
    return kept.map(right).filter((element) => element !== null);
  };
}

function valuesOf(value: JmesValue): JmesValue {
  return isJmesObject(value) ? [...value.values()] : null;
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
