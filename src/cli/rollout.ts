import { parseSync } from '../controller/parse-sync.ts';
import type { SyncObject } from '../controller/sync-object.ts';
import { readRolloutConfig, type RolloutAction, type RolloutConfig, rolloutFlags } from '../config/rollout-config.ts';
import { SecretError } from '../core/errors.ts';
import type { ApiClient, CallOptions } from '../kube/client/api-client.ts';
import { resources } from '../kube/objects.ts';
import { rolloutNames } from '../rollout/names.ts';
import { type Command, defineCommand } from './command.ts';
import { connect } from './connect.ts';
import type { ExitCode, Host } from './host.ts';
import { formatHistory } from './rollout-history.ts';

const notes = `approve lets the present version of a SecretProviderClassSync with approval Manual be rolled out; resume lets a halted version go on;
freeze stops everything that has not begun, and thaw lets it go on; history shows the last rollouts and every workload.
They set what kubectl can set as well: annotations ${rolloutNames.approve} and ${rolloutNames.resume},
label ${rolloutNames.freeze}. Needs patch on secretproviderclasssyncs (on namespaces for --whole-namespace), and for approve
the verb approve, where the admission policy stands.

Examples:
  lockstep rollout approve db -n shop
  lockstep rollout resume db -n shop --expect 3f0qs1t2u4v6
  lockstep rollout freeze --whole-namespace -n shop`;

/** `lockstep rollout`: what people do about rollouts. */
export function createRolloutCommand(): Command {
  return defineCommand({
    flags: rolloutFlags,
    operands: { name: 'ACTION NAME', help: 'approve, resume, freeze, thaw or history; then SecretProviderClassSyncs' },
    notes,
    read: readRolloutConfig,
    run: ({ config }, host) => run(config, host),
  });
}

async function run(config: RolloutConfig, host: Host): Promise<ExitCode> {
  const cluster = await connect(config);
  const namespace = config.namespace ?? cluster.namespace;
  const options = { signal: host.stop };
  try {
    if (config.wholeNamespace)
      await freezeNamespace(namespace, config.action, { client: cluster.client, host }, options);
    for (const name of config.names) await act({ namespace, name }, config, { client: cluster.client, host }, options);
    return 0;
  } finally {
    await cluster.client.close();
  }
}

interface Tools {
  readonly client: Pick<ApiClient, 'get' | 'patch'>;
  readonly host: Pick<Host, 'out' | 'err'>;
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

async function act(place: Place, config: RolloutConfig, tools: Tools, options: CallOptions): Promise<void> {
  const { client, host } = tools;
  const object = await client.get(resources.syncs, place, options);
  if (!object) {
    const { namespace, name } = place;
    throw new SecretError('KUBE_NOT_FOUND', `there is no SecretProviderClassSync ${name} in namespace ${namespace}`);
  }
  const sync = parseSync(object);
  if (config.action === 'history') {
    host.out(formatHistory(sync));
    return;
  }
  const { metadata, done } = toChange(sync, config);
  await client.patch(resources.syncs, place, { metadata }, options);
  host.err(`${sync.key}: ${done}\n`);
}

interface Change {
  /** What is merged into the object. */
  readonly metadata: object;
  readonly done: string;
}

function toChange(sync: SyncObject, { action, expect }: RolloutConfig): Change {
  if (action === 'freeze') return { metadata: toFreeze(true), done: 'frozen: no workload begins' };
  if (action === 'thaw') return { metadata: toFreeze(null), done: 'thawed' };
  const annotation = action === 'approve' ? rolloutNames.approve : rolloutNames.resume;
  const version = versionFor(sync, action);
  if (expect !== undefined && expect !== version) {
    throw new SecretError(
      'CONFIG_INVALID',
      `${sync.key} has version ${version} by now, not ${expect}; look at it again: lockstep rollout history ${sync.name}`,
    );
  }
  const word = action === 'approve' ? 'approved' : 'resumed';
  return { metadata: { annotations: { [annotation]: version } }, done: `version ${version} is ${word}` };
}

function versionFor({ key, rollout: { status } }: SyncObject, action: RolloutAction): string {
  const version = action === 'resume' ? status?.halted?.version : status?.version;
  if (version !== undefined) return version;
  const reason =
    action === 'resume' ? 'is not halted' : 'has no version yet: its content is not known, or its mode is Off';
  throw new SecretError('CONFIG_INVALID', `${key} ${reason}; see lockstep status`);
}

function toFreeze(isOn: true | null): object {
  return { labels: { [rolloutNames.freeze]: isOn === null ? null : 'true' } };
}

async function freezeNamespace(
  name: string,
  action: RolloutAction,
  { client, host }: Tools,
  options: CallOptions,
): Promise<void> {
  const isOn = action === 'freeze' ? true : null;
  await client.patch(resources.namespaces, { name }, { metadata: toFreeze(isOn) }, options);
  host.err(`namespace ${name}: ${isOn ? 'frozen: no workload begins' : 'thawed'}\n`);
}
