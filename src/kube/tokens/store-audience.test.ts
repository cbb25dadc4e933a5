import { describe, expect, it } from 'vitest';

import { accountCaller } from '../../../test/fakes/token-issuer.ts';
import { checkStoreAudience } from './store-audience.ts';

const web = accountCaller({ serviceAccount: 'web' });
const own = 'https://oidc.example/cluster';
const remedy =
  'set audience to one of --audiences ("vault", "sts.amazonaws.com"), or have the operator of lockstep list another';

function check(audience: string, audiences: readonly string[] = ['vault', 'sts.amazonaws.com']) {
  return () => checkStoreAudience(audience, web, { audiences, apiAudiences: [own] });
}

describe('an audience', () => {
  it.for(['vault', 'sts.amazonaws.com'])('that is listed is fine: %s', (audience) => {
    expect(check(audience)).not.toThrow();
  });

  it.for([
    ['', '""', 'an empty one means the API server itself'],
    ['openbao', '"openbao"', 'it is not listed'],
    ['Vault', '"Vault"', 'it is not listed'],
    ['vault ', '"vault "', 'it is not listed'],
    [own, `"${own}"`, 'it is that of the API server, where a store could then act as the account'],
  ] as const)('%s is refused with the reason, what is listed, and what to do', ([audience, shown, reason]) => {
    expect(check(audience)).toThrow(
      expect.objectContaining({
        code: 'AUDIENCE_FORBIDDEN',
        message: `no token of service account shop/web for the audience ${shown}: ${reason}; ${remedy}`,
      }),
    );
  });

  it.for([
    '',
    'https://kubernetes.default.svc',
    'https://kubernetes.default.svc/',
    'https://kubernetes.default.svc.cluster.local',
    'https://KUBERNETES.default.svc',
    'https://kubernetes.default',
    'https://kubernetes',
    'kubernetes.default.svc',
    'kubernetes',
    own,
  ])('of the API server is refused even where it is listed: %s', (audience) => {
    expect(check(audience, ['vault', audience])).toThrow(expect.objectContaining({ code: 'AUDIENCE_FORBIDDEN' }));
  });

  it('that is long is not repeated in full', () => {
    expect(check('x'.repeat(5_000))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('x'.repeat(101)) }),
    );
  });

  it('has none to choose from where none is listed', () => {
    expect(check('vault', [])).toThrow('--audiences (none)');
  });
});
