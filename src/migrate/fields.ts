import type { MigrationFinding, MigrationRule, Report } from './finding.ts';
import { describeSource, membersOf, type PathStep, type SourceObject } from './source-object.ts';

type Severity = MigrationFinding['severity'];

/** What a reader says about a field that it knows and cannot carry over as it is. */
export interface Remark {
  readonly rule: MigrationRule;
  /** The end of a sentence that starts with the field, with what to do instead. */
  readonly message: string;
  /** `error` unless said otherwise. */
  readonly severity?: Severity;
}

/**
 * A map of a manifest that is read member by member. `finish` reports every member that nobody has read, at any depth, so
 * that nothing can be dropped silently. Null counts as nothing, as at the API server.
 */
export class Fields {
  readonly #source: SourceObject;
  readonly #path: readonly PathStep[];
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #report: Report;
  readonly #read = new Set<string>();
  readonly #children: Fields[] = [];

  private constructor(source: SourceObject, path: readonly PathStep[], value: unknown, report: Report) {
    this.#source = source;
    this.#path = path;
    this.#members = membersOf(value);
    this.#report = report;
  }

  /** The fields of a whole object. */
  static of(source: SourceObject, report: Report): Fields {
    return new Fields(source, [], source.body, report);
  }

  /** Whether it is there and not null. */
  has(name: string): boolean {
    return (this.#members[name] ?? undefined) !== undefined;
  }

  names(): readonly string[] {
    return Object.keys(this.#members).filter((name) => this.has(name));
  }

  /** Empty: there is none. Numbers and booleans are read as their text and reported. */
  text(name: string): string {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'string') return value ?? '';
    this.#complain([name], { rule: 'manifest-invalid', message: 'must be text; put it in quotes' });
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  }

  /** False: there is none. */
  flag(name: string): boolean {
    const value = this.#take(name);
    if (value !== undefined && typeof value !== 'boolean') {
      this.#complain([name], { rule: 'manifest-invalid', message: 'must be true or false' });
    }
    return value === true;
  }

  /** Undefined: there is none. */
  fields(name: string): Fields | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.#complain([name], { rule: 'manifest-invalid', message: 'must be a map' });
      return undefined;
    }
    return this.#child([name], value);
  }

  /** Maps of a list; empty: there is none. */
  list(name: string): readonly Fields[] {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, index) => this.#child([name, index], item));
    this.#complain([name], { rule: 'manifest-invalid', message: 'must be a list' });
    return [];
  }

  /** A map of texts, such as labels; what is no text is reported and left out. */
  texts(name: string): Readonly<Record<string, string>> {
    const entries = Object.entries(membersOf(this.#take(name)));
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => {
        if (typeof entry[1] === 'string') return true;
        this.#complain([name, entry[0]], { rule: 'manifest-invalid', message: 'must be text; put it in quotes' });
        return false;
      }),
    );
  }

  /** Texts of a list; what is no text is left out. */
  words(name: string): readonly string[] {
    const value = this.#take(name);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** Members that are known to say nothing that would have to be carried over. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Reports a member if it is there, as a whole; answers whether it was. */
  refuse(name: string, remark: Remark): boolean {
    this.#read.add(name);
    // An empty map or list asks for nothing.
    const value = this.#members[name];
    if (!this.has(name) || (typeof value === 'object' && value !== null && Object.keys(value).length === 0))
      return false;
    this.#complain([name], remark);
    return true;
  }

  /** Reports something about a member, or about the map itself. */
  remark(name: string | undefined, remark: Remark): void {
    this.#complain(name === undefined ? [] : [name], remark);
  }

  /** Reports what nobody has read, here and below. */
  finish(): void {
    for (const name of this.names().filter((each) => !this.#read.has(each))) {
      this.#complain([name], {
        rule: 'field-unknown',
        message: 'is a field that this command does not know; it is left out, so check what it is for',
      });
    }
    for (const child of this.#children) child.finish();
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return this.#members[name] ?? undefined;
  }

  #child(steps: readonly PathStep[], value: unknown): Fields {
    const child = new Fields(this.#source, [...this.#path, ...steps], value, this.#report);
    this.#children.push(child);
    return child;
  }

  #complain(steps: readonly PathStep[], { rule, message, severity = 'error' }: Remark): void {
    const path = [...this.#path, ...steps];
    const { file } = this.#source;
    const line = this.#source.lineOf(path);
    this.#report({ file, line, severity, rule, object: describeSource(this.#source), path: formatPath(path), message });
  }
}

/** `spec.dataFrom[0].find`, `metadata.labels["app.kubernetes.io/name"]` */
function formatPath(path: readonly PathStep[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^\w{1,60}$/.test(step)) return `${text}[${JSON.stringify(step.slice(0, 100))}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
