import { toOneLine } from './columns.ts';
import type { RolloutEntry, StatusEntry } from './status-entry.ts';

export interface StatusTableOptions {
  readonly hasNamespace: boolean;
  /** Width of the terminal, to which messages are cut; undefined: they are not. */
  readonly columns: () => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const gap = '   ';
/** A message is not cut shorter than this, however narrow the terminal is. */
const minMessageLength = 20;
const header = ['NAMESPACE', 'NAME', 'READY', 'REASON', 'SECRETS', 'ROLLOUT', 'LAST-CHANGE', 'AGE', 'MESSAGE'];
const current: ReadonlySet<string> = new Set(['Synced', 'Identical']);

/** Entries in aligned columns. What is printed later stands under what was printed before, as far as it fits. */
export class StatusTable {
  readonly #options: StatusTableOptions;
  /** Of all columns but the last. */
  #widths: readonly number[] = [];

  constructor(options: StatusTableOptions) {
    this.#options = options;
  }

  /** Lines, each with its end. The header stands over the first entries. */
  format(entries: readonly StatusEntry[]): string {
    if (entries.length === 0) return '';
    const isFirst = this.#widths.length === 0;
    const rows = entries.map((entry) => toCells(entry, this.#options.now()));
    const shown = [...(isFirst ? [header] : []), ...rows].map((cells) => this.#select(cells));
    for (const cells of shown) this.#widen(cells);
    return shown.map((cells) => `${this.#align(cells)}\n`).join('');
  }

  #select(cells: readonly string[]): readonly string[] {
    return this.#options.hasNamespace ? cells : cells.slice(1);
  }

  #widen(cells: readonly string[]): void {
    this.#widths = cells.slice(0, -1).map((cell, column) => Math.max(this.#widths[column] ?? 0, cell.length));
  }

  #align(cells: readonly string[]): string {
    const start = this.#widths.map((width, column) => (cells[column] ?? '').padEnd(width) + gap).join('');
    const columns = this.#options.columns();
    const message = cells.at(-1) ?? '';
    const room = columns === undefined ? Infinity : Math.max(columns - start.length, minMessageLength);
    return `${start}${clip(message, room)}`.trimEnd();
  }
}

/** `45s`, `12m`, `5h`, `8d`: about so long ago. A moment in the future counts as now. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

function toCells(entry: StatusEntry, now: number): readonly string[] {
  const done = entry.secrets.filter(({ state }) => current.has(state)).length;
  return [
    entry.namespace,
    entry.name,
    toReady(entry),
    entry.reason || '-',
    `${done}/${entry.secrets.length}`,
    toRollout(entry.rollout),
    toAge(entry.lastChange, now),
    toAge(entry.created, now),
    toMessage(entry),
  ].map(toOneLine);
}

/** As the condition will say it when the spec as it stands has been looked at. */
function toReady({ ready, state }: StatusEntry): string {
  if (ready) return 'True';
  return state === 'pending' ? 'Unknown' : 'False';
}

/** `InProgress 3/10`: so many workloads have the present content. */
function toRollout(rollout: RolloutEntry | null): string {
  return rollout === null ? '-' : `${rollout.reason} ${rollout.updated}/${rollout.total}`;
}

/** Of whatever is not as it should be; a Secret that is not current comes first. */
function toMessage({ ready, message, rollout }: StatusEntry): string {
  return ready && rollout?.complete === false ? rollout.message : message;
}

function toAge(time: string | null, now: number): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '-' : formatAge(now - at);
}

function clip(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
