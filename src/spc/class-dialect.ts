import type { Plan } from '../core/plan.ts';
import type { Parsed } from '../core/problem.ts';
import type { StoreDefaults } from '../core/store-defaults.ts';

/** What a class says, without who asks: the part of a plan that many mounts share. */
export type ClassPlan = Omit<Plan, 'caller'>;

export interface ClassContext {
  readonly defaults: StoreDefaults;
  /** Mode of files for which the manifest says none. */
  readonly defaultMode: number;
}

/** Something unlikely in the text of `objects` that a mount puts up with, or finds out later. */
export interface ObjectRemark {
  readonly severity: 'error' | 'warning';
  readonly rule: 'field-unknown' | 'arguments-unsendable' | 'mode-unlikely';
  /** `objects[2].filePermission`. */
  readonly path: string;
  /** Inside the text of `objects`. */
  readonly line: number;
  /** The end of a sentence that starts with the path. */
  readonly message: string;
}

/** How one kind of SecretProviderClass is read. Its functions are pure and never throw. */
export interface ClassDialect {
  /** Every parameter that decides the plan; others are ignored. */
  readonly parameterNames: readonly string[];
  /** All problems at once. */
  readonly parse: (parameters: ReadonlyMap<string, string>, context: ClassContext) => Parsed<ClassPlan>;
  /** For the linter; they do not repeat problems. */
  readonly inspect: (parameters: ReadonlyMap<string, string>) => readonly ObjectRemark[];
}
