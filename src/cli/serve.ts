import { aborted } from './aborted.ts';
import type { Daemon } from './daemon.ts';
import type { Host } from './host.ts';

/** Runs a daemon until the host says stop. Throws when it cannot start. */
export async function serve(daemon: Daemon, host: Host): Promise<void> {
  using _flush = host.onFlush(() => daemon.flush());
  using _fault = host.onFault((error) => daemon.logger.error({ code: 'INTERNAL', err: error }, 'unexpected error'));
  try {
    await daemon.start(host.stop);
  } catch (error) {
    // Told to stop before it had started: that is no failure.
    if (host.stop.aborted) return;
    throw error;
  }
  await aborted(host.stop);
  await daemon.stop(host.force);
  daemon.logger.info('stopped');
}
