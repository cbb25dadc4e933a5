import type { Backend } from '../core/backend.ts';
import { SecretError } from '../core/errors.ts';
import type { ObjectRef } from '../core/object-ref.ts';

/** The backends by kind of store: at least those that the dialects in use can name. */
export type Backends = { readonly [R in ObjectRef as R['kind']]?: Backend<R> };

/** Takes refs of that kind alone. Throws INTERNAL when there is none. */
export function backendOf(backends: Backends, kind: ObjectRef['kind']): Backend<ObjectRef> {
  const backend: Backend<ObjectRef> | undefined = backends[kind];
  if (backend) return backend;
  throw new SecretError('INTERNAL', `objects of the kind ${kind} have no backend here`);
}
