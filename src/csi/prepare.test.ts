import { describe, expect, it } from 'vitest';

import { mountRequest } from '../../test/fakes/driver-client.ts';
import { toPlan } from '../../test/fakes/provider-under-test.ts';
import { MountRequest } from '../gen/v1alpha1/service.ts';
import type { ClassInput } from '../spc/dialect.ts';
import { createPrepare, type PrepareDeps } from './prepare.ts';

const ignore = (): void => {};

describe('preparing a mount', () => {
  it('plans an equal request once, and tells each time who asks', () => {
    const { prepare, planned } = createCounted();
    const identified: ClassInput[] = [];
    const first = prepare('vault', encode({}), (input) => identified.push(input));
    const second = prepare('vault', encode({}), (input) => identified.push(input));

    expect(second).toBe(first);
    expect(planned).toEqual(['vault']);
    expect(identified).toEqual([first.input, first.input]);
  });

  it.for([
    ['another provider', 'openbao', {}],
    ['another pod', 'vault', { pod: 'other' }],
    ['other tokens', 'vault', { tokens: '{"vault":{"token":"new"}}' }],
    ['other secrets', 'vault', { overrides: { secrets: '{"secret_id":"x"}' } }],
    ['another path', 'vault', { overrides: { targetPath: '/other' } }],
    ['other parameters', 'vault', { parameters: { roleName: 'other' } }],
  ] as const)('plans again for %s', ([, provider, request]) => {
    const { prepare, planned } = createCounted();
    prepare('vault', encode({}), ignore);

    prepare(provider, encode(request), ignore);

    expect(planned).toHaveLength(2);
  });

  it('keeps no refusal', () => {
    const { prepare, planned } = createCounted(() => ({
      ok: false,
      problems: [{ path: 'objects', message: 'is bad' }],
    }));

    for (let call = 0; call < 2; call++) {
      expect(() => prepare('vault', encode({}), ignore)).toThrow('objects: is bad');
    }
    expect(planned).toHaveLength(2);
  });

  it('says who asks before the plan is refused', () => {
    const { prepare } = createCounted(() => ({ ok: false, problems: [{ path: 'objects', message: 'is bad' }] }));
    const identified: string[] = [];

    expect(() => prepare('vault', encode({}), ({ caller }) => identified.push(caller.namespace))).toThrow('is bad');
    expect(identified).toEqual(['shop']);
  });
});

function createCounted(plan: PrepareDeps['plan'] = (_provider, input) => toPlan(input)) {
  const planned: string[] = [];
  const prepare = createPrepare({
    plan: (provider, input) => {
      planned.push(provider);
      return plan(provider, input);
    },
  });
  return { prepare, planned };
}

function encode(request: Parameters<typeof mountRequest>[0]): Buffer {
  return Buffer.from(MountRequest.encode(mountRequest(request)).finish());
}
