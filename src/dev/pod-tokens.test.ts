import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { createPodTokens, type PodIdentity } from './pod-tokens.ts';

const identity: PodIdentity = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' };
const key = Buffer.alloc(32, 7);

describe('pod tokens', () => {
  it('name the pod and its account when they are reviewed', () => {
    const tokens = createPodTokens(key, new FakeClock());

    expect(tokens.review(tokens.issue(identity, 'vault').token)).toEqual(identity);
  });

  it('stay the same for a while, as kubelet caches them, and differ by audience', async () => {
    const clock = new FakeClock();
    const tokens = createPodTokens(key, clock);
    const first = tokens.issue(identity, 'vault');
    await clock.advance(30 * 60_000);

    expect(tokens.issue(identity, 'vault')).toEqual(first);
    expect(tokens.issue(identity, 'openbao').token).not.toBe(first.token);
  });

  it('are reviewed for an audience where that matters', () => {
    const tokens = createPodTokens(key, new FakeClock());
    const { token } = tokens.issue(identity, 'vault');

    expect(tokens.review(token, 'vault')).toEqual(identity);
    expect(tokens.review(token, 'sts.amazonaws.com')).toBeUndefined();
  });

  it('expire at the time that stands beside them', async () => {
    const clock = new FakeClock();
    const tokens = createPodTokens(key, clock);
    const { token, expirationTimestamp } = tokens.issue(identity, 'vault');

    await clock.advance(Date.parse(expirationTimestamp) - clock.now() - 1);
    expect(tokens.review(token)).toEqual(identity);
    await clock.advance(1);
    expect(tokens.review(token)).toBeUndefined();
  });

  it.for([
    [
      'one of another run',
      (): string => createPodTokens(Buffer.alloc(32, 8), new FakeClock()).issue(identity, '').token,
    ],
    ['one whose payload was changed', (token: string): string => token.replace(/\.[^.]+\./, '.e30.')],
    ['one without a signature', (token: string): string => token.replace(/[^.]+$/, '')],
    ['one with a fourth part', (token: string): string => `${token}.x`],
    ['nothing', (): string => ''],
    ['no token at all', (): string => 'let-me-in'],
  ] as const)('refuse %s', ([, forge]) => {
    const tokens = createPodTokens(key, new FakeClock());

    expect(tokens.review(forge(tokens.issue(identity, 'vault').token))).toBeUndefined();
  });
});
