import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { awsPod } from '../../../test/fakes/aws-callers.ts';
import { sessionName } from './session-name.ts';

function nameOf(namespace: string, serviceAccount: string): string {
  return sessionName(awsPod('one', { namespace, serviceAccount }));
}

describe('a session name', () => {
  it('is the namespace and the service account, whatever the pod', () => {
    expect(nameOf('shop', 'web.v2')).toBe('shop_web.v2');
    expect(sessionName(awsPod('one'))).toBe(sessionName(awsPod('two')));
  });

  it('that would be too long is cut and stays one of its own', () => {
    const [first, second] = [nameOf('n'.repeat(63), 's'.repeat(253)), nameOf('n'.repeat(63), 's'.repeat(252))];

    expect(first).toMatch(/^n{53}-[0-9a-f]{10}$/);
    expect(second).not.toBe(first);
  });

  it('tells accounts apart whose names run into each other', () => {
    expect(nameOf('a-b', 'c')).not.toBe(nameOf('a', 'b-c'));
  });

  it('is always one that STS takes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (namespace, serviceAccount) => {
        expect(nameOf(namespace, serviceAccount)).toMatch(/^[\w+=,.@-]{1,64}$/);
      }),
    );
  });
});
