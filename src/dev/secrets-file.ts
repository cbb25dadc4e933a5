import { readFileSync } from 'node:fs';

import { SecretError } from '../core/errors.ts';
import { formatProblem, type Parsed } from '../core/problem.ts';
import type { Clock } from '../platform/clock.ts';
import { type AwsSecretData, type DevSecrets, parseDevSecrets, type SecretData } from './dev-secrets.ts';
import { VersionHistory } from './version-history.ts';

export interface SecretsFileDeps {
  readonly path: string;
  readonly clock: Clock;
  /** Told once per broken state of the file; the last good one stays in force. */
  readonly onProblem: (message: string) => void;
}

/** The sections that have versions. */
export interface Histories {
  readonly secret: VersionHistory<SecretData>;
  readonly secretsmanager: VersionHistory<AwsSecretData>;
  readonly ssmparameter: VersionHistory<string>;
}

/** The editable file behind the embedded stores. It is read again for every request, so an edit counts at once. */
export class SecretsFile {
  readonly #deps: SecretsFileDeps;
  readonly #histories: Histories = {
    secret: new VersionHistory(),
    secretsmanager: new VersionHistory(),
    ssmparameter: new VersionHistory(),
  };
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

  histories(): Histories {
    this.#refresh();
    return this.#histories;
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
    this.#histories.secret.record(this.#current.secret, now);
    this.#histories.secretsmanager.record(this.#current.secretsmanager, now);
    this.#histories.ssmparameter.record(this.#current.ssmparameter, now);
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
