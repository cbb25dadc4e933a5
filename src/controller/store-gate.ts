import { catalogue, type SecretError } from '../core/errors.ts';
import type { ObjectKey } from '../kube/objects.ts';
import type { Clock } from '../platform/clock.ts';
import { type Pauses, toPauseMs } from '../platform/pauses.ts';

export type Entrance =
  /** `isProbe`: the store was out. Ask it, and not a cache: what is reported decides whether the others go. */
  | { readonly kind: 'open'; readonly isProbe: boolean }
  /** The store is out, and why. The object is handed to `onOpen` when that is over; until then it need not ask sooner. */
  | { readonly kind: 'closed'; readonly error: SecretError; readonly retryAfterMs: number };

export interface StoreGateDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** In [0, 1). */
  readonly random: () => number;
  /** A store is back: these waited for it, in this order. */
  readonly onOpen: (objects: readonly ObjectKey[]) => void;
}

const pauses: Pauses = { firstMs: 5000, maxMs: 60_000 };
/** After so long nothing is expected from a probe any more, and another object may be one. */
const probeLimitMs = 90_000;

/** A store and identity that is out. It exists as long as an object waits for it. */
interface Gate {
  readonly key: string;
  error: SecretError;
  /** Since it closed. */
  failures: number;
  /** By the monotonic clock. */
  retryAtMs: number;
  probe: { readonly object: ObjectKey; readonly untilMs: number } | undefined;
  /** Who waits; `let-in`: who asks the store nevertheless. */
  readonly waiting: Map<ObjectKey, 'outside' | 'let-in'>;
}

/**
 * Who may ask which store. One that cannot answer, or that refuses an identity, is left alone for 5 s, twice as long after
 * each failed probe and at most 60 s, jittered; its objects wait together, and go together when it is back.
 *
 * A gate's key names a store and an identity. Only closed gates are kept, and each only while an object waits for it: their
 * number is bounded by that of the objects.
 */
export class StoreGate {
  readonly #deps: StoreGateDeps;
  readonly #closed = new Map<string, Gate>();
  /** For which gates an object waits; of those that opened since, it leaves when it enters again. */
  readonly #waits = new Map<ObjectKey, ReadonlySet<Gate>>();

  constructor(deps: StoreGateDeps) {
    this.#deps = deps;
  }

  /**
   * Asks to use all of these stores; an urgent object may. Whoever may, reports on each of them, or is forgotten. An object
   * asks again only when what it asked for before is over.
   */
  enter(keys: readonly string[], object: ObjectKey, options: { readonly isUrgent?: boolean } = {}): Entrance {
    const gates = new Set(keys.flatMap((key) => this.#closed.get(key) ?? []));
    this.#wait(object, gates);
    if (options.isUrgent !== true) {
      const [blocking] = [...gates]
        .filter((gate) => !this.#isDue(gate))
        .map((gate) => ({ kind: 'closed', error: gate.error, retryAfterMs: this.#retryAfterMs(gate) }) as const)
        .toSorted((a, b) => b.retryAfterMs - a.retryAfterMs);
      if (blocking) return blocking;
    }
    for (const gate of gates) {
      gate.waiting.set(object, 'let-in');
      if (this.#isDue(gate)) gate.probe = { object, untilMs: this.#deps.clock.monotonic() + probeLimitMs };
    }
    return { kind: 'open', isProbe: gates.size > 0 };
  }

  /**
   * What a store answered to an object that was let in; undefined: all is well. When the store is out the object waits for it
   * from now on: the answer is after how many milliseconds it may ask again, unless it is handed to `onOpen` before.
   */
  report(key: string, object: ObjectKey, error: SecretError | undefined): number | undefined {
    const gate = this.#closed.get(key);
    if (error && isOut(error)) return this.#fail(gate ?? this.#close(key, error), object, error);
    if (gate?.waiting.get(object) !== 'let-in') return undefined;
    if (error && catalogue[error.code].fault === 'lockstep') this.#stayOutside(gate, object);
    else this.#open(gate);
    return undefined;
  }

  /** The object is gone, or uses no store any more. */
  forget(object: ObjectKey): void {
    this.#wait(object, new Set());
  }

  /** From now on the object waits for these gates, outside, and for no others. */
  #wait(object: ObjectKey, gates: ReadonlySet<Gate>): void {
    for (const gate of this.#waits.get(object) ?? []) {
      this.#stayOutside(gate, object);
      if (!gates.has(gate)) gate.waiting.delete(object);
      if (gate.waiting.size === 0 && this.#closed.get(gate.key) === gate) this.#closed.delete(gate.key);
    }
    for (const gate of gates) this.#stayOutside(gate, object);
    if (gates.size > 0) this.#waits.set(object, gates);
    else this.#waits.delete(object);
  }

  #stayOutside(gate: Gate, object: ObjectKey): void {
    if (gate.probe?.object === object) gate.probe = undefined;
    gate.waiting.set(object, 'outside');
  }

  #close(key: string, error: SecretError): Gate {
    const gate: Gate = { key, error, failures: 0, retryAtMs: 0, probe: undefined, waiting: new Map() };
    this.#closed.set(key, gate);
    return gate;
  }

  /** Only the failure that closed a gate and those of its probes count: others were on their way before, or were let in. */
  #fail(gate: Gate, object: ObjectKey, error: SecretError): number {
    if (gate.failures === 0 || gate.probe?.object === object) {
      gate.failures++;
      gate.error = error;
      gate.retryAtMs = this.#deps.clock.monotonic() + toPauseMs(gate.failures, pauses, this.#deps.random());
    }
    this.#stayOutside(gate, object);
    this.#waits.set(object, new Set([...(this.#waits.get(object) ?? []), gate]));
    return this.#retryAfterMs(gate);
  }

  /** Who was let in finds out by itself. */
  #open(gate: Gate): void {
    this.#closed.delete(gate.key);
    const outside = [...gate.waiting].filter(([, where]) => where === 'outside').map(([object]) => object);
    gate.waiting.clear();
    if (outside.length > 0) this.#deps.onOpen(outside);
  }

  /** Whether one may try. */
  #isDue({ retryAtMs, probe }: Gate): boolean {
    const nowMs = this.#deps.clock.monotonic();
    return nowMs >= retryAtMs && (probe === undefined || nowMs >= probe.untilMs);
  }

  /** While a probe is under way: until about when the next one goes, should it fail. */
  #retryAfterMs({ retryAtMs, failures }: Gate): number {
    const leftMs = retryAtMs - this.#deps.clock.monotonic();
    return leftMs > 0 ? leftMs : toPauseMs(failures + 1, pauses, this.#deps.random());
  }
}

/** The store could not answer, or did not take the identity: it would be the same for every object. */
function isOut(error: SecretError): boolean {
  return error.isOutage || error.status === 'UNAUTHENTICATED';
}
