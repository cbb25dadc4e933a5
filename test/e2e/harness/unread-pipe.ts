import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

import { until } from './until.ts';

/** A named pipe that takes what a daemon logs, and that nobody reads. */
export class UnreadPipe {
  readonly #path: string;
  readonly #descriptor: number;

  /** `path` is made. */
  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.#path = path;
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** Runs `command` with both of its outputs in the pipe. */
  takeFrom(command: readonly string[]): readonly string[] {
    return ['sh', '-c', 'exec "$@" 1<>"$0" 2>&1', this.#path, ...command];
  }

  /** From now on there is room for nothing. */
  fill(): void {
    // Whole pages, and what is left of the last one.
    for (const size of [4_096, 1]) while (this.#write('.'.repeat(size)));
  }

  /** Reads until this text has come, and answers all that was read. */
  async readUntil(text: string): Promise<string> {
    let log = '';
    await until(() => (log += this.#read()).includes(text), { what: `a line with ${text}` });
    return log;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** What it holds just now. */
  #read(): string {
    const buffer = Buffer.alloc(1 << 20);
    try {
      return buffer.toString('utf8', 0, readSync(this.#descriptor, buffer));
    } catch {
      // EAGAIN: nothing.
      return '';
    }
  }

  #write(text: string): boolean {
    try {
      return writeSync(this.#descriptor, text) > 0;
    } catch {
      // EAGAIN: it is full.
      return false;
    }
  }
}
