import type { Fields } from './fields.ts';
import type { Reference } from './store.ts';

/** `serviceAccountRef`: who asks, and for which audience. */
export interface AccountSelector {
  readonly account: Reference;
  /** Empty: none is named. */
  readonly audience: string;
}

/** Undefined: there is none. */
export function readAccount(parent: Fields, name: string): AccountSelector | undefined {
  const selector = parent.fields(name);
  if (selector === undefined) return undefined;
  const [audience = '', ...others] = selector.words('audiences');
  if (others.length > 0) {
    selector.remark('audiences', {
      severity: 'warning',
      rule: 'vault-audience',
      message: `names several; a token of lockstep has one, and ${JSON.stringify(audience)} is used`,
    });
  }
  return { account: { name: selector.text('name'), namespace: selector.text('namespace') }, audience };
}

/** A key of a Secret. */
export interface SecretKey {
  readonly secret: Reference;
  /** Empty: the default of whoever reads it. */
  readonly key: string;
}

/** Undefined: there is none. */
export function readSecretKey(parent: Fields, name: string): SecretKey | undefined {
  const selector = parent.fields(name);
  if (selector === undefined) return undefined;
  const secret = { name: selector.text('name'), namespace: selector.text('namespace') };
  return { secret, key: selector.text('key') };
}
