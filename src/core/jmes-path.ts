import { compile } from '@jmespath-community/jmespath';

import type { JsonValue } from './go-json.ts';
import { type JmesStep, toStep } from './jmes-step.ts';
import { JmesPathError, type JmesValue, toJmesValue } from './jmes-value.ts';

export { JmesPathError } from './jmes-value.ts';

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
 * `let`, `$` or `?:`, and fewer functions than the library that parses here.
 */
export function searchJmesPath(expression: string, document: JsonValue): JmesValue {
  const step = compileStrictly(expression);
  return withinStack(() => step(toJmesValue(document)));
}

function compileStrictly(expression: string): JmesStep {
  if (expression.length > maxLength) throw new JmesPathError(`is longer than ${maxLength} characters`);
  return withinStack(() => toStep(parse(expression)));
}

function parse(expression: string): ReturnType<typeof compile> {
  try {
    return compile(expression);
  } catch {
    throw new JmesPathError(`is no JMESPath expression${hint(expression)}`);
  }
}

/** What people stumble over most. */
function hint(expression: string): string {
  const remedy = '; put keys with other characters than letters, digits and _ in quotes: \'"a-b"\'';
  return /[^A-Za-z0-9_.[\]]/.test(expression) ? remedy : '';
}

function withinStack<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new JmesPathError('is nested too deeply');
    throw error;
  }
}
