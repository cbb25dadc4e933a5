import { readProviderConfig } from '../config/provider-config.ts';
import { providerFlags } from '../config/provider-flags.ts';
import { type Command, defineCommand } from './command.ts';
import type { Host } from './host.ts';
import type { CreateProviderApp, ProviderApp } from './provider-app.ts';

const notes = `Store variables that count where a manifest says nothing: VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT,
VAULT_CAPATH, VAULT_TLS_SERVER_NAME, VAULT_CLIENT_CERT, VAULT_CLIENT_KEY, VAULT_SKIP_VERIFY; for OpenBao the
same with BAO_, else with VAULT_. VAULT_TOKEN never serves a pod.

Signals: SIGTERM or SIGINT finishes the mounts in flight (at most 115s) and ends; a second one answers them at
once. SIGUSR2 forgets every cached value, as POST /flush does; leases stay.

Examples:
  lockstep provider --providers vault --version-key-file /etc/lockstep/version-key
  lockstep provider --vault-addresses https://vault.example:8200 --forbid-skip-verify
  head -c 32 /dev/urandom > version-key    make a version key once, for all nodes`;

/** `lockstep provider`: the daemon that answers the CSI driver, until it is told to stop. */
export function createProviderCommand(createApp: CreateProviderApp): Command {
  return defineCommand({
    flags: providerFlags,
    notes,
    read: readProviderConfig,
    async run({ config }, host) {
      const app = await createApp(config, { write: host.err });
      await serve(app, host);
      return 0;
    },
  });
}

async function serve(app: ProviderApp, host: Host): Promise<void> {
  using _flush = host.onFlush(() => app.flush());
  using _fault = host.onFault((error) => app.logger.error({ code: 'INTERNAL', err: error }, 'unexpected error'));
  try {
    await app.start(host.stop);
  } catch (error) {
    // Told to stop before it had started: that is no failure.
    if (host.stop.aborted) return;
    throw error;
  }
  await aborted(host.stop);
  await app.stop(host.force);
  app.logger.info('stopped');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
