import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { SecretError } from '../../core/errors.ts';
import { LoginRefusals } from './login-refusals.ts';
import { ReadRefusals } from './read-refusals.ts';

const dayMs = 86_400_000;
const refused = new SecretError('VAULT_LOGIN_REFUSED', 'no');

/** When the date is set, whoever was refused waits no longer for it, and no shorter. */
describe.for([dayMs, -dayMs])('While the date is set by %i ms', (jumpMs) => {
  it('a login that was refused twice waits its second', async () => {
    const clock = new FakeClock();
    const refusals = new LoginRefusals(clock);
    refusals.note('app', refused);
    expect(() => refusals.check('app')).not.toThrow();
    refusals.note('app', refused);
    clock.jump(jumpMs);
    await clock.advance(999);
    expect(() => refusals.check('app')).toThrow(refused);
    await clock.advance(1);
    expect(() => refusals.check('app')).not.toThrow();
  });

  it('a read that a new login did not help waits its half minute', async () => {
    const clock = new FakeClock();
    const refusals = new ReadRefusals(clock);
    refusals.note('app');
    clock.jump(jumpMs);
    await clock.advance(29_999);
    expect(refusals.mayLogIn('app')).toBe(false);
    await clock.advance(1);
    expect(refusals.mayLogIn('app')).toBe(true);
  });
});
