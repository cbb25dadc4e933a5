/** Whether a whole name fits. Takes time in proportion to the length of the name, whatever the pattern. */
export type NamePattern = (name: string) => boolean;

/**
 * A regular expression for names: letters, `.`, classes, groups, `|`, `*`, `+`, `?`, `^` and `$`. Undefined: it is none, or has
 * more than that (`{2}`, `(?i)`, back references). Tenants write these, and JavaScript's own would take for ever over some:
 * here all ways through the pattern are followed at once.
 */
export function parseNamePattern(text: string): NamePattern | undefined {
  if (text.length > maxLength) return undefined;
  const parser = new Parser(text);
  const part = parser.alternatives();
  if (part === undefined || !parser.isAtEnd) return undefined;
  const final: State = { next: [] };
  const first = part(final);
  return (name) => run(first, name).has(final);
}

const maxLength = 512;

/** A place in the pattern. */
interface State {
  /** Undefined: the way goes on without a character. */
  readonly accepts?: (character: string) => boolean;
  readonly only?: 'at the start' | 'at the end';
  readonly next: State[];
}

/** A part of the pattern, given what comes after it: its first state. */
type Part = (after: State) => State;

/** Recursive descent; undefined: a syntax error. Each method takes what it reads off the front. */
class Parser {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get isAtEnd(): boolean {
    return this.#rest === '';
  }

  alternatives(): Part | undefined {
    const parts: Part[] = [];
    do {
      const part = this.#sequence();
      if (part === undefined) return undefined;
      parts.push(part);
    } while (this.#take(/^\|/) !== undefined);
    return (after) => ({ next: parts.map((part) => part(after)) });
  }

  #sequence(): Part | undefined {
    const parts: Part[] = [];
    while (!/^(?:[|)]|$)/.test(this.#rest)) {
      const part = this.#repeated();
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return (after) => parts.reduceRight((next, part) => part(next), after);
  }

  #repeated(): Part | undefined {
    const part = this.#atom();
    // A second `?` asks for few: of a whole name that is the same.
    const sign = this.#take(/^[*+?]\??/)?.charAt(0);
    return part === undefined || sign === undefined ? part : repeat(part, sign);
  }

  #atom(): Part | undefined {
    if (this.#take(/^\((?:\?:)?/) !== undefined) {
      const part = this.alternatives();
      return this.#take(/^\)/) === undefined ? undefined : part;
    }
    if (this.#take(/^\^/) !== undefined) return (after) => ({ only: 'at the start', next: [after] });
    if (this.#take(/^\$/) !== undefined) return (after) => ({ only: 'at the end', next: [after] });
    const set = this.#take(/^(?:\.|\\[dDwWsS]|\[\^?(?:\\[^A-Za-z0-9]|\\[dDwWsS]|[^\]\\])+\])/);
    if (set !== undefined) return oneOf(set);
    const literal = this.#take(/^(?:\\[^A-Za-z0-9]|[^\\*+?{}()[\]|])/)?.at(-1);
    return literal === undefined ? undefined : one((character) => character === literal);
  }

  #take(pattern: RegExp): string | undefined {
    const [taken] = pattern.exec(this.#rest) ?? [];
    if (taken !== undefined) this.#rest = this.#rest.slice(taken.length);
    return taken;
  }
}

function one(accepts: (character: string) => boolean): Part {
  return (after) => ({ accepts, next: [after] });
}

/** Undefined for a class such as `[z-a]`. */
function oneOf(set: string): Part | undefined {
  try {
    const pattern = new RegExp(`^${set}$`, 's');
    return one((character) => pattern.test(character));
  } catch {
    return undefined;
  }
}

function repeat(part: Part, sign: string): Part {
  return (after) => {
    const loop: State = { next: [after] };
    const first = part(sign === '?' ? after : loop);
    loop.next.push(first);
    return sign === '+' ? first : loop;
  };
}

/** The states after the whole name. */
function run(first: State, name: string): ReadonlySet<State> {
  let states = reach([first], name, 0);
  for (let index = 0; index < name.length; index++) {
    const taken = [...states].filter((state) => state.accepts?.(name.charAt(index)) === true);
    const next = taken.flatMap((state) => state.next);
    states = reach(next, name, index + 1);
  }
  return states;
}

/** With those behind them that no character separates. */
function reach(from: readonly State[], name: string, index: number): ReadonlySet<State> {
  const seen = new Set(from);
  for (const state of seen) {
    if (state.accepts !== undefined || !isAllowed(state, index, name.length)) continue;
    for (const next of state.next) seen.add(next);
  }
  return seen;
}

function isAllowed({ only }: State, index: number, length: number): boolean {
  if (only === undefined) return true;
  return only === 'at the start' ? index === 0 : index === length;
}
