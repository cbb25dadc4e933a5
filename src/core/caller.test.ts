import { describe, expect, it } from 'vitest';

import { accountKey, type Caller, podKey } from './caller.ts';

const caller: Caller = {
  kind: 'pod',
  namespace: 'shop',
  serviceAccount: 'web',
  pod: { name: 'web-1', uid: 'uid-1' },
  tokens: new Map(),
  secrets: new Map(),
};

describe('accountKey', () => {
  it('is shared by the pods of one account', () => {
    expect(accountKey({ ...caller, pod: { name: 'web-2', uid: 'uid-2' } })).toBe(accountKey(caller));
  });

  it.for<Partial<Caller>>([
    { kind: 'service-account' },
    { kind: 'operator' },
    { namespace: 'other' },
    { serviceAccount: 'other' },
    { namespace: 'shop","web', serviceAccount: '' },
    { namespace: '', serviceAccount: 'shop/web' },
  ])('differs for %j', (changes) => {
    expect(accountKey({ ...caller, ...changes })).not.toBe(accountKey(caller));
  });
});

describe('podKey', () => {
  it.for<Partial<Caller>>([
    { pod: { name: 'web-2', uid: 'uid-1' } },
    { pod: { name: 'web-1', uid: 'uid-2' } },
    { pod: { name: 'uid-1', uid: 'web-1' } },
    { serviceAccount: 'other' },
    { namespace: 'other' },
    { kind: 'operator' },
  ])('differs for %j', (changes) => {
    expect(podKey({ ...caller, ...changes })).not.toBe(podKey(caller));
  });

  it('needs no pod', () => {
    const { pod: _pod, ...account } = caller;

    expect(podKey(account)).not.toBe(podKey(caller));
  });
});
