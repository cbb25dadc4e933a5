import type { Host } from '../../src/cli/host.ts';
import type { Environment } from '../../src/config/flag.ts';

export interface FakeHostOptions {
  readonly env?: Environment;
  readonly input?: string;
  readonly isTerminal?: boolean;
  readonly columns?: number;
}

/** What a process gives a command, with everything that it printed kept. */
export class FakeHost implements Host {
  readonly env: Environment;
  readonly isTerminal: boolean;
  readonly columns: () => number | undefined;
  readonly #input: string;
  readonly #stop = new AbortController();
  readonly #force = new AbortController();
  #outText = '';
  #errText = '';

  constructor({ env = {}, input = '', isTerminal = false, columns }: FakeHostOptions = {}) {
    this.env = env;
    this.isTerminal = isTerminal;
    this.columns = () => columns;
    this.#input = input;
  }

  readonly out = (text: string): void => void (this.#outText += text);
  readonly err = (text: string): void => void (this.#errText += text);
  readonly log = this.err;
  readonly readInput = async (): Promise<string> => this.#input;
  readonly onFlush = (): Disposable => nothing;
  readonly onFault = (): Disposable => nothing;

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get force(): AbortSignal {
    return this.#force.signal;
  }

  /** Everything on standard output so far. */
  get outText(): string {
    return this.#outText;
  }

  get errText(): string {
    return this.#errText;
  }

  /** The first SIGTERM. */
  terminate(): void {
    this.#stop.abort();
  }
}

const nothing: Disposable = { [Symbol.dispose]: () => undefined };
