import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import { SecretError } from '../core/errors.ts';
import { formatProblem, type Parsed } from '../core/problem.ts';
import type { Clock } from '../platform/clock.ts';
import { type DevSecrets, parseDevSecrets, type SecretData } from './dev-secrets.ts';

export interface SecretsFileDeps {
  readonly path: string;
  readonly clock: Clock;
  /** Told once per broken state of the file; the last good one stays in force. */
  readonly onProblem: (message: string) => void;
}

/** One version of a key/value secret. */
export interface SecretVersion {
  readonly number: number;
  /** Undefined: deleted with this version. */
  readonly data: SecretData | undefined;
  readonly createdMs: number;
}

/** The editable file behind the embedded store. It is read again for every request, so an edit counts at once. */
export class SecretsFile {
  readonly #deps: SecretsFileDeps;
  readonly #versions = new Map<string, readonly SecretVersion[]>();
  #source: string | undefined;
  #current: DevSecrets;

  private constructor(deps: SecretsFileDeps, source: string, secrets: DevSecrets) {
    this.#deps = deps;
    this.#source = source;
    this.#current = secrets;
    this.#recordVersions();
  }

  /** Throws SecretError FILE_UNREADABLE when the file cannot be read or is not a secrets file. */
  static open(deps: SecretsFileDeps): SecretsFile {
    const source = readSource(deps.path);
    if (!source.ok) throw unreadable(deps.path, source);
    const parsed = parseDevSecrets(source.value);
    if (!parsed.ok) throw unreadable(deps.path, parsed);
    return new SecretsFile(deps, source.value, parsed.value);
  }

  current(): DevSecrets {
    this.#refresh();
    return this.#current;
  }

  /** The versions of a key/value secret, oldest first, counted from the start of this process. */
  versions(name: string): readonly SecretVersion[] {
    this.#refresh();
    return this.#versions.get(name) ?? [];
  }

  /** Synchronous, so that of two requests the later one never brings back an older file. */
  #refresh(): void {
    const { path, onProblem } = this.#deps;
    const source = readSource(path);
    const text = source.ok ? source.value : undefined;
    if (text === this.#source) return;
    this.#source = text;
    const parsed = source.ok ? parseDevSecrets(source.value) : source;
    if (!parsed.ok) {
      onProblem(`${unreadable(path, parsed).message}; the last good state stays in force`);
      return;
    }
    this.#current = parsed.value;
    this.#recordVersions();
  }

  #recordVersions(): void {
    const now = this.#deps.clock.now();
    for (const name of new Set([...this.#versions.keys(), ...this.#current.secret.keys()])) {
      const versions = this.#versions.get(name) ?? [];
      const data = this.#current.secret.get(name);
      if (versions.length > 0 && isDeepStrictEqual(versions.at(-1)?.data, data)) continue;
      this.#versions.set(name, [...versions, { number: versions.length + 1, data, createdMs: now }]);
    }
  }
}

function readSource(path: string): Parsed<string> {
  try {
    return { ok: true, value: readFileSync(path, 'utf8') };
  } catch {
    return { ok: false, problems: [{ path: 'secrets file', message: 'cannot be read' }] };
  }
}

function unreadable(path: string, parsed: Extract<Parsed<unknown>, { ok: false }>): SecretError {
  return new SecretError('FILE_UNREADABLE', `${path}: ${parsed.problems.map(formatProblem).join('; ')}`);
}
