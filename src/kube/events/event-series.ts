import { clip } from '../../core/clip.ts';
import type { AppliedObject } from '../client/api-client.ts';
import { toMicroTime } from './micro-time.ts';

/** What an event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Undefined: the kind has none. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid: string;
}

/** What happened. Nothing in it is a secret. */
export interface EventDetails {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, why: `SecretSynced`. */
  readonly reason: string;
  /** CamelCase, what was being done: `Sync`. */
  readonly action: string;
  /** For people; cut to 1 KiB. */
  readonly note: string;
}

export interface EventSource {
  /** Says which replica. */
  readonly instance: string;
  /** In [0, 1), for names that nobody else takes. */
  readonly random: () => number;
}

const controller = 'lockstep.dev/controller';
/** What the API server takes. */
const maxNoteBytes = 1024;
const maxInstanceLength = 128;
const maxNameLength = 253;
/** Where events about things without a namespace belong. */
const fallbackNamespace = 'default';

/** The same thing that happens to the same object again and again: one Event with a count. */
export class EventSeries {
  readonly key: string;
  readonly type: EventDetails['type'];
  readonly name: { readonly namespace: string; readonly name: string };
  /** Waits to be written; what happens meanwhile only counts. */
  isQueued = false;
  /** The Event exists, as far as is known. */
  isWritten = false;
  readonly #about: ObjectReference;
  readonly #details: EventDetails;
  readonly #source: EventSource;
  readonly #firstAtMs: number;
  #lastAtMs: number;
  #count = 1;

  constructor(about: ObjectReference, details: EventDetails, options: EventSource & { readonly nowMs: number }) {
    const { nowMs, random } = options;
    this.key = seriesKey(about, details);
    this.type = details.type;
    this.name = { namespace: about.namespace ?? fallbackNamespace, name: toName(about, nowMs, random()) };
    this.#about = about;
    this.#details = details;
    this.#source = options;
    this.#firstAtMs = nowMs;
    this.#lastAtMs = nowMs;
  }

  /** It happened again. */
  repeat(nowMs: number): void {
    this.#count++;
    this.#lastAtMs = nowMs;
  }

  /** The whole Event. */
  toObject(): AppliedObject {
    const { type, reason, action, note } = this.#details;
    return {
      metadata: this.name,
      eventTime: toMicroTime(this.#firstAtMs),
      reportingController: controller,
      reportingInstance: this.#source.instance.slice(0, maxInstanceLength),
      type,
      reason,
      action,
      regarding: this.#about,
      note: clip(note, maxNoteBytes),
      ...this.toPatch(),
    };
  }

  /** What changes when it happens again; nothing when it happened once. */
  toPatch(): object {
    if (this.#count === 1) return {};
    return { series: { count: this.#count, lastObservedTime: toMicroTime(this.#lastAtMs) } };
  }
}

/** Equal for what belongs into one series. */
export function seriesKey({ uid, kind, namespace, name }: ObjectReference, details: EventDetails): string {
  const { type, reason, action, note } = details;
  return JSON.stringify([uid, kind, namespace ?? '', name, type, reason, action, note]);
}

/** The name of the object, so that people find it, and what makes it unique. */
function toName({ name }: ObjectReference, nowMs: number, random: number): string {
  const unique = `${nowMs.toString(16)}${Math.floor(random * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
  // A name must not be cut before a dot.
  const start = name.slice(0, maxNameLength - unique.length - 1).replace(/[-.]+$/, '');
  return `${start}.${unique}`;
}
