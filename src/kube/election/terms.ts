import { SecretError } from '../../core/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics.ts';

export interface TermsDeps {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'leader'>;
}

/** Told of a term when it begins; its signal aborts, with NOT_LEADER, when it ends. */
export type TermListener = (term: AbortSignal) => void;

/** The terms of this replica as the leader, one at a time, and who is told of them. Knows no time and no lease. */
export class Terms {
  readonly #deps: TermsDeps;
  readonly #listeners: TermListener[] = [];
  #term: AbortController | undefined;

  constructor(deps: TermsDeps) {
    this.#deps = deps;
    deps.metrics.leader.set(0);
  }

  get isOn(): boolean {
    return this.#term !== undefined;
  }

  /** Whoever comes during a term is told at once. */
  onTerm(listener: TermListener): void {
    this.#listeners.push(listener);
    if (this.#term) this.#tell(listener, this.#term.signal);
  }

  /** Nothing happens during a term. */
  begin(): void {
    if (this.#term) return;
    const term = new AbortController();
    this.#term = term;
    this.#deps.metrics.leader.set(1);
    this.#deps.logger.info('leading');
    for (const listener of this.#listeners) this.#tell(listener, term.signal);
  }

  /** `reason` is the end of a sentence. Nothing happens between terms. */
  end(reason: string): void {
    const term = this.#term;
    if (!term) return;
    this.#term = undefined;
    this.#deps.metrics.leader.set(0);
    this.#deps.logger.info({ reason }, 'leading no more');
    const message = `this replica leads no more, because ${reason}; the next leader goes on`;
    term.abort(new SecretError('NOT_LEADER', message));
  }

  #tell(listener: TermListener, term: AbortSignal): void {
    try {
      listener(term);
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'listener of the election failed');
    }
  }
}
