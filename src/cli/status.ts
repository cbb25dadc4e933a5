import { readStatusConfig, type StatusConfig, statusFlags } from '../config/status-config.ts';
import { systemClock } from '../platform/clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Command, defineCommand } from './command.ts';
import { connect } from './connect.ts';
import type { ExitCode, Host } from './host.ts';
import { isSettled } from './status-entry.ts';
import { createStatusPrinter } from './status-printer.ts';
import { showStatus, watchStatus } from './status-session.ts';

const notes = `READY is Unknown until the controller has looked at the spec as it stands. SECRETS counts those that are current.
A message is cut to the width of the terminal; -o json has all of it, and the state of every Secret. Needs list on
secretproviderclasssyncs, and watch for --watch.

Examples:
  lockstep status -A
  lockstep status -n shop --watch
  lockstep status -A --exit-code                 1 while anything fails or waits: for scripts
  lockstep status -A -o json | jq '.[] | select(.state == "failing") | {namespace, name, message}'`;

/** `lockstep status`: what became of the SecretProviderClassSyncs of a cluster. */
export function createStatusCommand(): Command {
  return defineCommand({
    flags: statusFlags,
    notes,
    read: readStatusConfig,
    run: ({ config }, host) => run(config, host),
  });
}

async function run(config: StatusConfig, host: Host): Promise<ExitCode> {
  const metrics = createMetrics();
  const cluster = await connect(config, metrics);
  const namespace = config.allNamespaces ? undefined : (config.namespace ?? cluster.namespace);
  const clock = systemClock;
  const printer = createStatusPrinter({ config, host, namespace, now: () => clock.now() });
  const deps = { client: cluster.client, clock, metrics, host, printer, namespace };
  try {
    const entries = await (config.watch ? watchStatus(deps) : showStatus(deps));
    return config.exitCode && !entries.every(isSettled) ? 1 : 0;
  } catch (error) {
    // Interrupted before there was anything to show.
    if (host.stop.aborted) return 1;
    throw error;
  } finally {
    await cluster.client.close();
  }
}
