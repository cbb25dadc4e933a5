import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { ScriptedKubeWrites } from '../../../test/fakes/scripted-kube-writes.ts';
import { accountCaller } from '../../../test/fakes/token-issuer.ts';
import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { createAccountTokens, type AccountTokens, type AccountTokensDeps } from './account-tokens.ts';

const { signal } = new AbortController();
const apiAudience = 'https://oidc.example/cluster';
const web = accountCaller({ serviceAccount: 'web' });
let clock: FakeClock;
let client: ScriptedKubeWrites;
let tokens: AccountTokens;
let issued: number;
/** Seconds that the server grants. */
let granted: number;

beforeEach(() => {
  clock = new FakeClock();
  client = new ScriptedKubeWrites();
  issued = 0;
  granted = 600;
  client.answer = () => {
    const expirationTimestamp = new Date(clock.now() + granted * 1000).toISOString();
    return { status: { token: `token-${++issued}`, expirationTimestamp } };
  };
  tokens = create();
});

function create(deps: Partial<AccountTokensDeps> = {}): AccountTokens {
  const audiences = ['vault', 'sts.amazonaws.com'];
  return createAccountTokens(client, { clock, audiences, apiAudiences: [apiAudience], ...deps });
}

async function issue(caller: Caller = web, audience = 'vault'): Promise<string> {
  return (await tokens.issue(caller, audience, { signal })).reveal().toString();
}

describe('a token of a service account', () => {
  it('is requested for one audience and ten minutes', async () => {
    expect(await issue()).toBe('token-1');
    expect(client.asked).toEqual(['create serviceaccounts shop/web token']);
    expect(client.bodies('')).toEqual([
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['vault'], expirationSeconds: 600 },
      },
    ]);
  });

  it('serves everything that runs as the account for four fifths of its life', async () => {
    await Promise.all([issue(), issue(), issue()]);
    await clock.advance(479_000);
    expect(await issue()).toBe('token-1');
    await clock.advance(1_000);

    expect(await issue()).toBe('token-2');
    expect(client.calls).toHaveLength(2);
  });

  it.for([
    [300, 240_000],
    [3600, 480_000],
  ] as const)('that lives for %i s is used for %i ms', async ([seconds, usedMs]) => {
    granted = seconds;
    await issue();
    await clock.advance(usedMs - 1);
    expect(await issue()).toBe('token-1');
    await clock.advance(1);
    expect(await issue()).toBe('token-2');
  });

  it('is not used longer because somebody sets the date back', async () => {
    await issue();
    clock.jump(-86_400_000);
    await clock.advance(480_000);

    expect(await issue()).toBe('token-2');
  });

  it('is used for a short while only where our clock is behind', async () => {
    clock.jump(-86_400_000);
    client.answer = () => ({ status: { token: `token-${++issued}`, expirationTimestamp: '2026-01-01T00:10:00Z' } });
    await issue();
    await clock.advance(480_000);

    expect(await issue()).toBe('token-2');
  });

  it.for(['2025-01-01T00:00:00Z', 'soon', undefined])(
    'is used once when its end makes no sense: %s',
    async (expirationTimestamp) => {
      client.answer = () => ({ status: { token: `token-${++issued}`, expirationTimestamp } });

      expect([await issue(), await issue()]).toEqual(['token-1', 'token-2']);
    },
  );

  it.for([
    [{ ...web, namespace: 'other' }, 'vault'],
    [{ ...web, serviceAccount: 'other' }, 'vault'],
    [web, 'sts.amazonaws.com'],
  ] as const)('is never that of another account or audience', async ([caller, audience]) => {
    await issue();

    expect(await issue(caller, audience)).toBe('token-2');
  });

  it('is forgotten with its account, and so is the request that is under way', async () => {
    const answered = Promise.withResolvers<void>();
    await issue({ ...web, serviceAccount: 'other' });
    client.before = () => answered.promise;
    const early = issue();
    await clock.advance(0);
    tokens.forget('shop', 'web');
    client.before = () => undefined;

    const late = await issue();
    answered.resolve();
    expect(await early).not.toBe(late);
    expect(await issue()).toBe(late);
    expect(await issue({ ...web, serviceAccount: 'other' })).toBe('token-1');
  });

  it('is given up with the reason of the signal, and in ten seconds', async () => {
    client.before = () => new Promise(() => {});
    const caller = new AbortController();
    const cancelled = tokens.issue(web, 'vault', { signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');

    await Promise.all([
      expect(issue()).rejects.toMatchObject({
        code: 'TOKEN_REQUEST_FAILED',
        message: 'no token of service account shop/web: the API server did not answer in time',
      }),
      clock.advance(10_000),
    ]);
  });

  it('is requested for no pod and no person', async () => {
    await expect(issue({ ...web, kind: 'pod' })).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(issue({ ...web, kind: 'operator' })).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(client.calls).toEqual([]);
  });
});

describe('a refusal', () => {
  it.for([
    [
      new SecretError('KUBE_NOT_FOUND', 'create serviceaccounts/token shop/web: not found'),
      'service account web does not exist in namespace shop; create it, or correct serviceAccountName',
    ],
    [
      new SecretError('KUBE_FORBIDDEN', 'create serviceaccounts/token shop/web: forbidden; grant it'),
      'create serviceaccounts/token shop/web: forbidden; grant it',
    ],
    [new SecretError('KUBE_UNAVAILABLE', 'the API server answered 503'), 'the API server answered 503'],
    [new Error('secret words'), 'the API server could not be asked'],
  ] as const)('says whose token, why, and what to do: %s', async ([refusal, words]) => {
    client.before = () => Promise.reject(refusal);

    await expect(issue()).rejects.toMatchObject({
      code: 'TOKEN_REQUEST_FAILED',
      message: `no token of service account shop/web: ${words}`,
      cause: refusal,
    });
    client.before = () => undefined;
    expect(await issue()).toBe('token-1');
  });

  it('of a replica that does not lead stays what it is', async () => {
    client.before = () => Promise.reject(new SecretError('NOT_LEADER', 'not sent'));

    await expect(issue()).rejects.toMatchObject({ code: 'NOT_LEADER', message: 'not sent' });
  });

  it.for([{}, { status: null }, { status: { token: '' } }, { status: { token: 5 } }])(
    'is what an answer without a token amounts to: %j',
    async (answer) => {
      client.answer = () => answer;

      await expect(issue()).rejects.toMatchObject({
        code: 'TOKEN_REQUEST_FAILED',
        message: expect.stringContaining('answered without a token'),
      });
    },
  );
});
