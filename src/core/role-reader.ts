import type { Caller } from './caller.ts';

/** Port to Kubernetes: the IAM role that a service account is annotated with (`eks.amazonaws.com/role-arn`). */
export interface RoleReader {
  /** Undefined: no annotation. Throws SecretError AWS_ROLE_LOOKUP_FAILED, and otherwise only the signal's reason. */
  roleOf(caller: Caller, options: RoleOptions): Promise<string | undefined>;
}

export interface RoleOptions {
  readonly signal: AbortSignal;
  /** A role that was refused: when it is the kept answer, it is looked up again. */
  readonly refused?: string;
}
