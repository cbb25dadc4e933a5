import { it as base } from 'vitest';

import type { AwsDeps } from '../../src/backends/aws/access.ts';
import { createAwsUnderTest, JumpingClock } from './aws-callers.ts';
import { FakeAws } from './aws-server.ts';

/** A test at a fake of AWS, which knows the secret `db` of us-east-1: `under` are the usual backends, `create` makes others. */
export const it = base
  .extend('clock', () => new JumpingClock())
  .extend('aws', async ({ clock, onTestFinished }) => {
    const aws = await FakeAws.start({ now: () => clock.now() });
    onTestFinished(() => aws[Symbol.asyncDispose]());
    aws.secrets.set('us-east-1', 'db', 'hunter2');
    return aws;
  })
  .extend('create', ({ aws, clock, onTestFinished }) => (deps: Partial<AwsDeps> = {}) => {
    const under = createAwsUnderTest(aws, { clock, ...deps });
    onTestFinished(() => under[Symbol.asyncDispose]());
    return under;
  })
  .extend('under', ({ create }) => create());
