import type { ObjectRemark } from './class-dialect.ts';

/** One thing that a linter has to say about a file. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  /** `error`: the mount, the sync or the API server refuses it. */
  readonly severity: 'error' | 'warning';
  /** Kebab-case name of the check. */
  readonly rule: LintRule;
  /** Inside the manifest: `parameters.roleName`, `objects[2].filePermission`. */
  readonly path: string;
  /** The end of a sentence that starts with the path. */
  readonly message: string;
}

export type LintRule =
  | 'manifest-invalid'
  | 'path-forbidden'
  | 'provider-unknown'
  | 'api-deprecated'
  | 'parameter-unknown'
  | ObjectRemark['rule']
  | 'secret-object-invalid'
  | 'secret-object-unmounted'
  | 'secret-object-tls-key';

/** A finding without its file, as the single checks make it. */
export type Remark = Omit<Finding, 'file'>;
