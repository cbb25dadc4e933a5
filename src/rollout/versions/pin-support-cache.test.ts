import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { resources } from '../../kube/objects.ts';
import { PinSupportCache } from './pin-support-cache.ts';

const policy = 'lockstep-pin-secrets';
const { mutatingPolicies, mutatingBindings } = resources;

let under: KubeUnderTest;
let clock: FakeClock;
let cache: PinSupportCache;

beforeEach(async () => {
  under = await createKubeUnderTest();
  clock = new FakeClock();
  cache = new PinSupportCache({ client: under.client, clock });
});

afterEach(() => under[Symbol.asyncDispose]());

async function isSupported(): Promise<boolean> {
  return (await cache.get({ signal: new AbortController().signal })).ok;
}

function install(): void {
  under.kube.put(mutatingPolicies, { metadata: { name: policy } });
  under.kube.put(mutatingBindings, { metadata: { name: policy }, spec: { policyName: policy } });
}

function breakDown(): void {
  const body = { kind: 'Status', status: 'Failure', reason: 'BadRequest', message: 'no' };
  under.kube.script({ verb: 'get', plural: mutatingPolicies.plural }, { status: 400, body });
}

describe('whether mode Pin can work', () => {
  it('is looked up again after five minutes when it can', async () => {
    install();
    expect(await isSupported()).toBe(true);
    under.kube.remove(mutatingPolicies, undefined, policy);
    await clock.advance(299_000);
    expect(await isSupported()).toBe(true);

    await clock.advance(1000);
    expect(await isSupported()).toBe(false);
  });

  it('is looked up again after fifteen seconds when it cannot', async () => {
    expect(await isSupported()).toBe(false);
    install();
    await clock.advance(14_000);
    expect(await isSupported()).toBe(false);

    await clock.advance(1000);
    expect(await isSupported()).toBe(true);
  });

  it('stays as it was while the API server cannot say', async () => {
    install();
    expect(await isSupported()).toBe(true);
    breakDown();
    await clock.advance(300_000);
    expect(await isSupported()).toBe(true);

    under.kube.clearScripts();
    under.kube.remove(mutatingBindings, undefined, policy);
    await clock.advance(15_000);
    expect(await isSupported()).toBe(false);
  });

  it('is not guessed: when the API server could never say, that is the failure', async () => {
    breakDown();

    expect(await failureOf(isSupported())).toMatchObject({ code: 'KUBE_REFUSED' });
  });
});
