import { accountKey, type Caller } from '../../src/core/caller.ts';
import type { Resolution, ResolveOptions } from '../../src/core/resolver.ts';
import { failed, failing, found } from './backend.ts';
import { plannedObject } from './planned-object.ts';
import { planFor, refOf, resolverUnderTest } from './resolver-under-test.ts';

/** What the fake store puts into a value: everything that the rules are about. */
export interface Value {
  readonly account: string;
  readonly pod: string;
  readonly path: string;
  readonly fetch: number;
  readonly sentAtMs: number;
}

/** What may happen to a resolver. */
export type Command =
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'store'; readonly state: 'up' | 'down' | 'denied' }
  | { readonly kind: 'logins'; readonly state: 'up' | 'down' }
  | { readonly kind: 'holds'; readonly fetches: boolean; readonly logins: boolean }
  | { readonly kind: 'release'; readonly index: number }
  | { readonly kind: 'cancel'; readonly index: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'call'; readonly call: CallScript };

export interface CallScript {
  readonly caller: Caller;
  /** `leased` is answered with a lease. */
  readonly paths: readonly string[];
  readonly delivery: ResolveOptions['delivery'];
  readonly staleOnFirstMount: boolean;
  readonly refreshIntervalMs: number;
  readonly staleIfErrorMs: number;
}

/** A resolver, a store that signs its values, and the rules that every delivery has to keep. */
export class ResolverWorld {
  /** Every value that was fetched, in the order of asking. */
  readonly values: Value[] = [];
  /** Rules that were broken. */
  readonly violations: string[] = [];
  readonly #subject = resolverUnderTest();
  readonly #landedAtMs = new Map<number, number>();
  readonly #cancels: AbortController[] = [];
  readonly #calls: Promise<void>[] = [];
  #store: 'up' | 'down' | 'denied' = 'up';

  constructor() {
    const { backend, clock } = this.#subject;
    backend.scope = (_, { serviceAccount }) => (serviceAccount === 'solo' ? 'pod' : 'shared');
    backend.answer = (ref, caller) => {
      if (this.#store !== 'up') return failed(this.#store === 'down' ? 'VAULT_UNREACHABLE' : 'VAULT_DENIED');
      const path = ref.request.path.slice('/v1/'.length);
      const pod = caller.pod?.name ?? '';
      const value = { account: accountKey(caller), pod, path, fetch: this.values.length, sentAtMs: clock.now() };
      this.values.push(value);
      return found({ username: JSON.stringify(value) }, { leased: path === 'leased' });
    };
    const fetch = backend.fetch.bind(backend);
    backend.fetch = async (...call) => {
      const from = this.values.length;
      const outcomes = fetch(...call);
      const to = this.values.length;
      await outcomes;
      for (let index = from; index < to; index++) this.#landedAtMs.set(index, clock.now());
      return await outcomes;
    };
  }

  async run(step: Command): Promise<void> {
    const { backend, clock, resolver } = this.#subject;
    switch (step.kind) {
      case 'advance':
        await clock.advance(step.ms);
        return;
      case 'store':
        this.#store = step.state;
        return;
      case 'logins': {
        const scope = (_: unknown, { serviceAccount }: Caller) => (serviceAccount === 'solo' ? 'pod' : 'shared');
        backend.scope = step.state === 'down' ? failing('VAULT_UNREACHABLE') : scope;
        return;
      }
      case 'holds':
        backend.holds = { fetches: step.fetches, logins: step.logins };
        return;
      case 'release':
        [...backend.logins, ...backend.fetches].at(-1 - step.index)?.release();
        break;
      case 'cancel':
        this.#cancels.at(-1 - step.index)?.abort(new Error('cancelled'));
        break;
      case 'flush':
        resolver.flush();
        return;
      case 'call':
        this.#call(step.call);
        break;
    }
    await clock.advance(0);
  }

  async releaseAll(): Promise<void> {
    for (const call of [...this.#subject.backend.logins, ...this.#subject.backend.fetches]) call.release();
    await this.#subject.clock.advance(0);
  }

  /** Everybody is answered in the end, and no timer stays. */
  async end(): Promise<void> {
    this.#subject.backend.holds = {};
    await this.releaseAll();
    await this.#subject.clock.advance(300_000);
    await Promise.all(this.#calls);
    await this.#subject.clock.advance(7_200_000);
    this.#require(this.#subject.clock.waiting === 0, 'a timer stays');
    this.#require((await this.#subject.cacheBytes()) === 0, 'a value stays');
  }

  #call(script: CallScript): void {
    const cancel = new AbortController();
    this.#cancels.push(cancel);
    this.#calls.push(this.#deliver(script, cancel.signal));
  }

  async #deliver(script: CallScript, signal: AbortSignal): Promise<void> {
    const { clock, resolver } = this.#subject;
    const calledAtMs = clock.now();
    const objects = script.paths.map((path) =>
      plannedObject({ name: path, path, ref: refOf({ path: `/v1/${path}` }) }),
    );
    const plan = planFor(script.caller, { objects, ...script });
    let resolution: Resolution;
    try {
      resolution = await resolver.resolve(plan, { signal, delivery: script.delivery });
    } catch (error) {
      this.#require(signal.aborted && error === signal.reason, 'a call rejected without being cancelled');
      return;
    }

    const { length } = [...resolution.objects, ...resolution.failures];
    this.#require(length === objects.length, 'an object was not answered');
    for (const { path, contents } of resolution.objects) {
      const value = JSON.parse(contents.reveal().toString()) as Value;
      this.#require(value.path === path, 'an object got the value of another');
      this.#check(value, script, calledAtMs);
    }
  }

  #check(value: Value, script: CallScript, calledAtMs: number): void {
    const { caller, delivery, staleOnFirstMount, refreshIntervalMs, staleIfErrorMs } = script;
    this.#require(value.account === accountKey(caller), 'a value crossed accounts');
    const isOwn = value.path === 'leased' || caller.serviceAccount === 'solo';
    this.#require(!isOwn || value.pod === caller.pod?.name, 'a value that is for one pod crossed pods');

    const isStrict = delivery === 'first' && !staleOnFirstMount;
    this.#require(!isStrict || value.sentAtMs >= calledAtMs - 2000, 'a first delivery got an old value');
    const wasWaitedFor = (this.#landedAtMs.get(value.fetch) ?? 0) >= calledAtMs;
    const maxAgeMs = refreshIntervalMs === 0 ? 0 : Math.max(refreshIntervalMs, isStrict ? 0 : staleIfErrorMs);
    // A call for several objects may have waited for another one after it took this one.
    const takenAtMs = script.paths.length === 1 ? this.#subject.clock.now() : calledAtMs;
    this.#require(wasWaitedFor || takenAtMs - value.sentAtMs < maxAgeMs, 'a kept value was too old');
  }

  #require(holds: boolean, otherwise: string): void {
    if (!holds) this.violations.push(otherwise);
  }
}
