import { readProviderConfig } from '../config/provider-config.ts';
import { providerFlags } from '../config/provider-flags.ts';
import { type Command, defineCommand } from './command.ts';
import type { CreateProviderApp } from './daemon.ts';
import { serve } from './serve.ts';

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
      await serve(await createApp(config, { write: host.log }), host);
      return 0;
    },
  });
}
