import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';

export interface AudienceRules {
  /** `--audiences`: of the stores. */
  readonly audiences: readonly string[];
  /** Of the API server, besides the usual ones: those of our own token. */
  readonly apiAudiences: readonly string[];
}

/** What API servers answer to unless configured otherwise. */
const usualApiAudience = /^(https:\/\/)?kubernetes(\.default(\.svc(\..*)?)?)?\/?$/i;

/**
 * Throws AUDIENCE_FORBIDDEN unless tokens for the audience are good at stores only: a store that got another one could act as
 * the service account at the API server, whatever `--audiences` lists.
 */
export function checkStoreAudience(audience: string, caller: Caller, { audiences, apiAudiences }: AudienceRules): void {
  const refuse = (reason: string): SecretError => {
    const what = `no token of service account ${caller.namespace}/${caller.serviceAccount} for the audience ${quote(audience)}`;
    const listed = audiences.map(quote).join(', ') || 'none';
    const remedy = `set audience to one of --audiences (${listed}), or have the operator of lockstep list another`;
    return new SecretError('AUDIENCE_FORBIDDEN', `${what}: ${reason}; ${remedy}`);
  };
  if (audience === '') throw refuse('an empty one means the API server itself');
  if (usualApiAudience.test(audience) || apiAudiences.includes(audience)) {
    throw refuse('it is that of the API server, where a store could then act as the account');
  }
  if (!audiences.includes(audience)) throw refuse('it is not listed');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
