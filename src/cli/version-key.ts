import { type HousekeepingConfig, readHousekeepingConfig, versionKeyFlags } from '../config/housekeeping-flags.ts';
import { loadVersionKey } from '../controller/version-key.ts';
import { systemClock } from '../platform/clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Command, defineCommand } from './command.ts';
import type { ExitCode, Host } from './host.ts';

const notes = `For the Job of an installation: a provider may read no Secret, and every node needs the same key. One that is there is
checked and stays as it is. POD_NAMESPACE, by the downward API, says where.

Example:
  lockstep version-key`;

/** `lockstep version-key`: makes the Secret with the version key where there is none. */
export function createVersionKeyCommand(): Command {
  return defineCommand({
    flags: versionKeyFlags,
    notes,
    read: (given, env) => readHousekeepingConfig(versionKeyFlags, given, env),
    run: ({ config }, host) => run(config, host),
  });
}

async function run(config: HousekeepingConfig<typeof versionKeyFlags>, host: Host): Promise<ExitCode> {
  const { namespace, versionKeySecret: name } = config;
  const [{ loadKubeConfig }, { createApiClient }] = await Promise.all([
    import('../kube/client/kube-config.ts'),
    import('../kube/client/http-api-client.ts'),
  ]);
  const client = createApiClient(loadKubeConfig(config.kubeconfig), { clock: systemClock, metrics: createMetrics() });
  try {
    await loadVersionKey(client, { namespace, name }, { signal: host.stop });
  } finally {
    await client.close();
  }
  host.out(`the version key is in Secret ${namespace}/${name}\n`);
  return 0;
}
