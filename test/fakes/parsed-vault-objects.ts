import { formatProblem } from '../../src/core/problem.ts';
import type { VaultObject } from '../../src/spc/vault-object.ts';
import { parseVaultObjects } from '../../src/spc/vault-objects.ts';

/** What is understood of a text without mistakes. */
export function parse(text: string): readonly VaultObject[] {
  const parsed = parseVaultObjects(text);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.value;
}

export function problems(text: string): readonly string[] {
  const parsed = parseVaultObjects(text);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

/** One object with a field more. */
export function one(field: string): string {
  return `- objectName: a\n  secretPath: kv/a\n  ${field}\n`;
}
