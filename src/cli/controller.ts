import { readControllerConfig } from '../config/controller-config.ts';
import { controllerFlags } from '../config/controller-flags.ts';
import { type Command, defineCommand } from './command.ts';
import type { CreateControllerApp } from './daemon.ts';
import { serve } from './serve.ts';

const notes = `Needs the CRDs of deploy/crds. Of several replicas the one that holds the Lease works; the others wait for it.
--leader-elect=false is for a single replica that never overlaps with its successor. POD_NAMESPACE and POD_NAME,
by the downward API, say where the controller runs and what it is called in the Lease.

Store variables count where a manifest says nothing, as for lockstep provider: VAULT_ADDR, BAO_ADDR, AWS_REGION and
their kin. VAULT_TOKEN and AWS keys of the controller never serve a sync: the token of the service account does
that the SecretProviderClassSync names.

Signals: SIGTERM or SIGINT finishes the syncs in flight, gives the Lease back and ends; a second one ends at once.
SIGUSR2 forgets every cached value, as POST /flush does.

Examples:
  lockstep controller
  lockstep controller --namespaces shop,billing --audiences vault
  lockstep controller --namespace-selector team=shop --interval 10m
  lockstep controller --kubeconfig ~/.kube/config --leader-elect=false --metrics-address off`;

/** `lockstep controller`: the daemon that keeps Secrets as SecretProviderClassSyncs declare them, until told to stop. */
export function createControllerCommand(createApp: CreateControllerApp): Command {
  return defineCommand({
    flags: controllerFlags,
    notes,
    read: readControllerConfig,
    async run({ config }, host) {
      await serve(await createApp(config, { write: host.log }), host);
      return 0;
    },
  });
}
