import { type HousekeepingConfig, readHousekeepingConfig, removeSocketsFlags } from '../config/housekeeping-flags.ts';
import { SecretError } from '../core/errors.ts';
import { removeSockets } from '../csi/remove-sockets.ts';
import type { ApiReader } from '../kube/client/api-client.ts';
import { membersOf, resources } from '../kube/objects.ts';
import { systemClock } from '../platform/clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Command, defineCommand } from './command.ts';
import type { ExitCode, Host } from './host.ts';

const notes = `For what an uninstallation leaves behind: the sockets stay when a provider ends, so that an update has no gap. Those on
which nobody listens are removed; a lockstep that is still ending is waited for, and other runtimes are left alone.

Examples:
  lockstep remove-sockets
  lockstep remove-sockets --wait-for lockstep-remove-sockets`;

const pauseMs = 1000;

/** `lockstep remove-sockets`: on one node, or the wait until it has been done on all. */
export function createRemoveSocketsCommand(): Command {
  return defineCommand({
    flags: removeSocketsFlags,
    notes,
    read: (given, env) => readHousekeepingConfig(removeSocketsFlags, given, env),
    run: ({ config }, host) => (config.waitFor === undefined ? remove(config, host) : wait(config, host)),
  });
}

type Config = HousekeepingConfig<typeof removeSocketsFlags>;

async function remove({ providerDir, providers }: Config, host: Host): Promise<ExitCode> {
  const said = { removed: 'removed', foreign: 'not ours, left alone:' };
  try {
    await removeSockets({
      clock: systemClock,
      directory: providerDir,
      names: [...providers],
      signal: host.stop,
      onPath: (path, became) => host.out(`${said[became]} ${path}\n`),
    });
    return 0;
  } catch (cause) {
    if (host.stop.aborted) return 1;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    const message = `the sockets in ${providerDir} cannot be removed (${code}); check --provider-dir and its permissions`;
    throw new SecretError('SOCKET_UNUSABLE', message, { cause });
  }
}

async function wait(config: Config, host: Host): Promise<ExitCode> {
  const [{ loadKubeConfig }, { createApiClient }] = await Promise.all([
    import('../kube/client/kube-config.ts'),
    import('../kube/client/http-api-client.ts'),
  ]);
  const client = createApiClient(loadKubeConfig(config.kubeconfig), { clock: systemClock, metrics: createMetrics() });
  try {
    for (;;) {
      const missing = await countMissing(client, config, host.stop);
      if (missing === 0) return 0;
      host.out(`${missing ?? 'all'} nodes to go\n`);
      await systemClock.sleep(pauseMs, host.stop);
    }
  } catch (error) {
    if (host.stop.aborted) return 1;
    throw error;
  } finally {
    await client.close();
  }
}

/** Nodes on which the DaemonSet is not ready. Undefined: nobody has counted them yet. */
async function countMissing(
  client: Pick<ApiReader, 'get'>,
  { namespace, waitFor: name = '' }: Config,
  signal: AbortSignal,
): Promise<number | undefined> {
  const found = await client.get(resources.daemonSets, { namespace, name }, { signal });
  if (found === undefined) {
    throw new SecretError('CONFIG_INVALID', `--wait-for ${name}: there is no DaemonSet ${namespace}/${name}`);
  }
  const { observedGeneration, desiredNumberScheduled, numberReady } = membersOf(found['status']);
  if (observedGeneration !== found.metadata.generation) return undefined;
  return Number(desiredNumberScheduled) - Number(numberReady);
}
