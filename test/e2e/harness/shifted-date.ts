import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { shiftVariable } from './shift-date.ts';

/** The date of one replica, which somebody sets. Timers go on as they do everywhere when a date is set. */
export class ShiftedDate {
  readonly #file: string;

  /** `file` is made. */
  constructor(file: string) {
    this.#file = file;
    this.set(0);
  }

  /** Variables of the replica that lives by it. */
  get environment(): Readonly<Record<string, string>> {
    const preload = pathToFileURL(join(import.meta.dirname, 'shift-date.ts')).href;
    return { NODE_OPTIONS: `--import=${preload}`, [shiftVariable]: this.#file };
  }

  /** Milliseconds from the true date. */
  set(shiftMs: number): void {
    // Renamed into place: who reads it never sees half of it.
    writeFileSync(`${this.#file}.new`, String(shiftMs));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
