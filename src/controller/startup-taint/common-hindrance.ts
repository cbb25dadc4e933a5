import type { ErrorCode, SecretError } from '../../core/errors.ts';
import { Backoff } from '../../kube/watch/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';

export interface CommonHindranceDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Nodes wait, and so do the pods that are to run there. */
const maxPauseMs = 60_000;
/** What fails for one node with these fails for all of them. */
const common: ReadonlySet<ErrorCode> = new Set([
  'KUBE_FORBIDDEN',
  'KUBE_UNAUTHENTICATED',
  'KUBE_UNREACHABLE',
  'KUBE_TIMEOUT',
  'KUBE_UNAVAILABLE',
]);

/** Whether nodes can be patched at all. What keeps all of them from it is told once, and tried again for all together. */
export class CommonHindrance {
  readonly #deps: CommonHindranceDeps;
  readonly #backoff: Backoff;
  #untilMs = -Infinity;
  #told: ErrorCode | undefined;

  constructor(deps: CommonHindranceDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.random);
  }

  /** Milliseconds until a node may be tried; 0: now. */
  get pauseMs(): number {
    return Math.max(0, this.#untilMs - this.#deps.clock.monotonic());
  }

  /** Whether the failure concerns all nodes. Those that were under way at the same time count once. */
  takes({ code, message }: SecretError): boolean {
    if (!common.has(code)) return false;
    if (this.pauseMs > 0) return true;
    const retryMs = this.#backoff.nextMs(maxPauseMs);
    this.#untilMs = this.#deps.clock.monotonic() + retryMs;
    const fields = { code, reason: message, retryMs: Math.round(retryMs) };
    if (code === this.#told) this.#deps.logger.debug(fields, 'startup taints still cannot be removed');
    else this.#deps.logger.warn(fields, 'startup taints cannot be removed');
    this.#told = code;
    return true;
  }

  /** A node was patched. */
  passed(): void {
    this.#backoff.reset();
    this.#told = undefined;
  }
}
