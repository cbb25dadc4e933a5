import type { Environment } from '../config/flag.ts';

/** What the process gives a command: its streams, environment and signals, so that tests can give others. */
export interface Host {
  readonly env: Environment;
  /** Standard output: results only. */
  readonly out: (text: string) => void;
  /** Standard error: everything else. */
  readonly err: (text: string) => void;
  /** Standard error for the log of a daemon: a line that nobody reads is dropped in the end, instead of filling the memory. */
  readonly log: (line: string) => void;
  /** Somebody watches standard error. */
  readonly isTerminal: boolean;
  /** Width of the terminal on which somebody watches standard output; undefined: nobody does. */
  readonly columns: () => number | undefined;
  /** All of standard input, as UTF-8. */
  readonly readInput: () => Promise<string>;
  /** Aborts at the first SIGTERM or SIGINT: finish what is open, then end. */
  readonly stop: AbortSignal;
  /** Aborts at the second one: end now. */
  readonly force: AbortSignal;
  /** Calls `listener` at every SIGUSR2 until disposed. */
  readonly onFlush: (listener: () => void) => Disposable;
  /** Hands over what nobody caught, until disposed. After an exception `stop` and `force` have aborted as well. */
  readonly onFault: (listener: (error: unknown) => void) => Disposable;
}

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;
