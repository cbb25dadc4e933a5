import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, parameterRef, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import type { WireReply } from '../../../test/fakes/wire-server.ts';

const pod = awsPod('one');
const db = secretRef({ secretId: 'db' });

describe('an endpoint that hangs', () => {
  const withoutEnd: WireReply = { status: 200, body: '{', headers: { 'Content-Length': '100000' } };

  it.for<readonly [string, string, WireReply]>([
    ['a secret', 'GetSecretValue', 'hang'],
    ['a secret, in the middle of the answer', 'GetSecretValue', withoutEnd],
    ['a login', 'AssumeRoleWithWebIdentity', 'hang'],
    ['a login, in the middle of the answer', 'AssumeRoleWithWebIdentity', withoutEnd],
    ['an agent', 'GetCredentials', 'hang'],
    ['an agent, in the middle of the answer', 'GetCredentials', withoutEnd],
    ['parameters', 'GetParameters', 'hang'],
  ])('at %s ends as an outage long before the mount does', async ([, action, reply], { aws, clock, under }) => {
    let arrived = Promise.withResolvers<void>();
    aws.script({
      action,
      reply: () => {
        arrived.resolve();
        return reply;
      },
    });
    const identity = action === 'GetCredentials' ? { identity: podIdentity } : {};
    const ref = action === 'GetParameters' ? parameterRef({ name: '/db' }) : secretRef({ secretId: 'db' }, identity);
    const began = clock.now();
    const fetched = under.fetch(ref, pod);
    for (let attempt = 0; attempt < 3; attempt++) {
      await arrived.promise;
      arrived = Promise.withResolvers();
      await clock.advance(10_000);
    }

    expect(await fetched).toMatchObject({ code: 'AWS_TIMEOUT' });
    expect(clock.now() - began).toBeLessThan(35_000);
  });

  it('leaves no connection open', async ({ aws, clock, under }) => {
    const controller = new AbortController();
    aws.script({
      action: 'GetSecretValue',
      reply: () => {
        controller.abort(new DOMException('too late', 'TimeoutError'));
        return 'hang';
      },
    });

    const [outcome] = await under.secrets.fetch([db], pod, { signal: controller.signal });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'AWS_TIMEOUT' } });
    await under.secrets.close();
    await expect.poll(() => aws.server.openSockets).toBe(0);
    expect(clock.waiting).toBe(0);
  });
});
