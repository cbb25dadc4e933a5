import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Backend, FetchOutcome } from '../../src/core/backend.ts';
import type { Caller } from '../../src/core/caller.ts';
import type { ErrorCode, SecretError } from '../../src/core/errors.ts';

/** What a store must hold before the contract can be tried on it, and the refs that lead there. */
export interface BackendHarness<R extends { readonly kind: string }> {
  readonly backend: Backend<R>;
  /** Two pods of one account. */
  readonly callers: readonly [Caller, Caller];
  /** Two objects that both callers may read, with different values. That of the first one holds a word `canary…`. */
  readonly present: readonly [R, R];
  readonly absent: R;
  readonly denied: R;
  /** Another credential for everyone who asks; some stores have no such thing. */
  readonly leased: readonly R[];
  /** Nobody listens there. */
  readonly unreachable: R;
  /** The codes for `absent`, `denied` and `unreachable`. */
  readonly codes: { readonly absent: ErrorCode; readonly denied: ErrorCode; readonly unreachable: ErrorCode };
  close(): Promise<void>;
}

/** What every backend owes to its callers. Run on the fake and on the real store. */
export function describeBackendContract<R extends { readonly kind: string }>(
  name: string,
  start: () => Promise<BackendHarness<R>>,
): void {
  describe(`the backend contract on ${name}`, () => {
    let harness: BackendHarness<R>;
    const { signal } = new AbortController();

    beforeEach(async () => {
      harness = await start();
    });
    afterEach(async () => {
      await harness.close();
    });

    it('answers one outcome per ref, in order, also for a ref that comes twice', async () => {
      const [first, second] = harness.present;
      const outcomes = await harness.backend.fetch([second, first, second], harness.callers[0], { signal });
      const payloads = outcomes.map(payloadOf);
      expect(payloads).toHaveLength(3);
      expect(payloads[0]).toBe(payloads[2]);
      expect(payloads[1]).not.toBe(payloads[0]);
    });

    it('answers nothing for nothing', async () => {
      expect(await harness.backend.fetch([], harness.callers[0], { signal })).toEqual([]);
    });

    it('lets a failing ref hide no other', async () => {
      const { absent, denied, present, codes } = harness;
      const refs = [absent, present[0], denied, present[1]];
      const outcomes = await harness.backend.fetch(refs, harness.callers[0], { signal });
      expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'found', 'failed', 'found']);
      expect(outcomes.map(codeOf)).toEqual([codes.absent, undefined, codes.denied, undefined]);
    });

    it('tells absence, refusal and outage apart', async () => {
      const { absent, denied, unreachable, codes } = harness;
      const errors = (await harness.backend.fetch([absent, denied, unreachable], harness.callers[0], { signal })).map(
        errorOf,
      );
      expect(errors.map((error) => error?.code)).toEqual([codes.absent, codes.denied, codes.unreachable]);
      expect(errors.map((error) => error?.isAbsent)).toEqual([true, false, false]);
      expect(errors.map((error) => error?.isOutage)).toEqual([false, false, true]);
    });

    it('gives an unchanged value the same fingerprint and another value another one', async () => {
      const [first, second] = harness.present;
      const before = await harness.backend.fetch([first, second], harness.callers[0], { signal });
      const after = await harness.backend.fetch([first, second], harness.callers[0], { signal });
      expect(after.map(fingerprintOf)).toEqual(before.map(fingerprintOf));
      expect(fingerprintOf(before[0])).not.toBe(fingerprintOf(before[1]));
    });

    it('leases nothing that is just read, and keeps a lease for the pod that it was issued to', async () => {
      const [mine, other] = harness.callers;
      const read = await harness.backend.fetch(harness.present, mine, { signal });
      expect(read.map(isLeased)).toEqual([false, false]);
      const fetch = async (caller: Caller) => await harness.backend.fetch(harness.leased, caller, { signal });
      const [first, again, foreign] = [await fetch(mine), await fetch(mine), await fetch(other)];
      expect([...first, ...again, ...foreign].every(isLeased)).toBe(true);
      expect(again.map(payloadOf)).toEqual(first.map(payloadOf));
      const payloads = [...first, ...foreign].map(payloadOf);
      expect(new Set(payloads).size).toBe(payloads.length);
    });

    it('says the same about an identity twice', async () => {
      const [ref] = harness.present;
      const scope = await harness.backend.identify(ref, harness.callers[0], { signal });
      expect(['shared', 'pod']).toContain(scope);
      expect(await harness.backend.identify(ref, harness.callers[0], { signal })).toBe(scope);
    });

    it('rejects with the reason of a signal that has aborted already', async () => {
      const reason = new Error('gone');
      const aborted = AbortSignal.abort(reason);
      const fetch = harness.backend.fetch([harness.present[0]], harness.callers[0], { signal: aborted });
      await expect(fetch).rejects.toBe(reason);
    });

    it('ends a fetch when its signal aborts on the way, and stays usable', async () => {
      const controller = new AbortController();
      const fetch = harness.backend.fetch([harness.unreachable], harness.callers[0], { signal: controller.signal });
      controller.abort(new Error('gone'));
      expect((await fetch).map(codeOf)).toEqual(['MOUNT_CANCELLED']);
      const [next] = await harness.backend.fetch([harness.present[0]], harness.callers[0], { signal });
      expect(next?.status).toBe('found');
    });

    it('shows no value in what it prints', async () => {
      const outcomes = await harness.backend.fetch([harness.present[0], harness.denied], harness.callers[0], {
        signal,
      });
      const printed = `${JSON.stringify(outcomes)} ${inspect(outcomes, { depth: 10 })}`;
      const [payload = ''] = outcomes.map(payloadOf);
      const words = payload.match(/[\w-]{8,}/g) ?? [];
      expect(printed).toContain('[redacted]');
      expect(words.filter((word) => word.startsWith('canary') && printed.includes(word))).toEqual([]);
      expect(words.some((word) => word.startsWith('canary'))).toBe(true);
    });
  });
}

function payloadOf(outcome: FetchOutcome | undefined): string | undefined {
  return outcome?.status === 'found' ? outcome.payload.reveal().toString() : undefined;
}

function fingerprintOf(outcome: FetchOutcome | undefined): string | undefined {
  return outcome?.status === 'found' ? outcome.fingerprint : undefined;
}

function isLeased(outcome: FetchOutcome | undefined): boolean | undefined {
  return outcome?.status === 'found' ? outcome.leased : undefined;
}

function errorOf(outcome: FetchOutcome): SecretError | undefined {
  return outcome.status === 'failed' ? outcome.error : undefined;
}

function codeOf(outcome: FetchOutcome): ErrorCode | undefined {
  return errorOf(outcome)?.code;
}
