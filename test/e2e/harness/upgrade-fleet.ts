import { createAuthority } from '../../fakes/certificates.ts';
import { podMarks } from './kwok.ts';
import type { RolloutStand } from './rollout-stand.ts';
import type { RolledKind, RolledWorkload } from './rollout-workload.ts';
import { oneObject, oneSecret } from './tenant.ts';
import type { SecretObjectOptions } from './tenant-objects.ts';

const interval = { interval: '1s' };
const kinds: readonly RolledKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** Sources whose values are rolled out to the end, by name, with their workloads. */
export type Rolled = Readonly<Record<string, readonly RolledWorkload[]>>;

/** Secrets that no workload uses: plain, nested, for TLS, and of a class alone. Answers the names of the syncs. */
export async function createSecrets(stand: RolloutStand): Promise<readonly string[]> {
  const { base, tenant } = stand;
  await base.putSecret('opaque');
  await tenant.putPair('opaque', 'opaque', interval);
  await base.putSecret('shorthand');
  const annotations = { 'lockstep.dev/service-account': 'app', 'lockstep.dev/interval': '1s' };
  const own = { objects: oneObject('shorthand'), secretObjects: oneSecret('shorthand') };
  await tenant.putClass('shorthand', { ...own, annotations });
  const nested = base.evidence.newSecret('nested');
  await createSecret(stand, 'nested', { 'db/prod/password': nested, 'db/prod/user': nested }, {});
  await createTls(stand);
  const names = ['opaque', 'shorthand', 'nested', 'tls'];
  for (const name of names) await tenant.ready(name);
  return names;
}

/** Files of these paths as one Secret of that name. */
async function createSecret(
  { base, tenant }: RolloutStand,
  name: string,
  values: Readonly<Record<string, string>>,
  secret: Omit<SecretObjectOptions, 'secretName'>,
): Promise<void> {
  const toKey = (path: string): string => path.replaceAll('/', '.');
  const keyed = Object.entries(values).map(([path, value]) => [toKey(path), value]);
  await base.vault.putSecret(name, Object.fromEntries(keyed));
  const objects = Object.keys(values).map((objectName) => ({
    objectName,
    secretPath: `secret/data/${name}`,
    secretKey: toKey(objectName),
  }));
  await tenant.putClass(name, { objects });
  await tenant.putSync(name, { ...interval, secretObjects: [{ secretName: name, ...secret }] });
}

async function createTls(stand: RolloutStand): Promise<void> {
  using authority = createAuthority();
  const { cert, key } = authority.issue('app.example');
  stand.base.evidence.mark('a private key', key.toString().split('\n')[1] ?? '');
  const data = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => ({ objectName: 'bundle', key: name }));
  const bundle = [key, cert, authority.ca.cert].join('');
  await createSecret(stand, 'tls', { bundle }, { type: 'kubernetes.io/tls', data });
}

/** Sources in the modes Restart and Pin with a rollout behind them. */
export async function createRolled(stand: RolloutStand): Promise<Rolled> {
  const roll = async (name: string, mode: string, all: readonly RolledKind[]): Promise<readonly RolledWorkload[]> => {
    await stand.source(name, { rollout: { mode, maxConcurrent: 10 } });
    const users = await createUsers(stand, name, all);
    const version = await stand.known(name, ...users);
    await stand.change(name, 'a');
    await stand.completed(name, version);
    return users;
  };
  const [restarted, pinned] = await Promise.all([
    roll('restarted', 'Restart', kinds),
    roll('pinned', 'Pin', [...kinds, 'CronJob']),
  ]);
  return { restarted, pinned };
}

async function createUsers(stand: RolloutStand, name: string, all: readonly RolledKind[]) {
  const create = async (kind: RolledKind): Promise<RolledWorkload> => {
    const spec = kind === 'CronJob' ? { suspend: true } : {};
    const user = await stand.workload(kind, `${name}-${kind.toLowerCase()}`, { uses: [name], spec });
    if (kind !== 'CronJob') await user.run(1);
    return user;
  };
  return await Promise.all(all.map(create));
}

/** Sources whose present version goes no further: halted by a canary, held after an undo, waiting for approval. */
export async function createStopped(stand: RolloutStand): Promise<readonly RolledWorkload[]> {
  const stop = async (name: string, how: Stopped): Promise<RolledWorkload> => {
    await stand.source(name, { rollout: how.rollout });
    const { marks = {} } = how;
    const user = await stand.workload('Deployment', name, { uses: [name], marks });
    await user.run(1);
    let version = await stand.known(name, user);
    for (let rollout = 0; rollout < how.rollouts; rollout++) {
      await stand.change(name, 'a');
      version = await stand.completed(name, version);
    }
    if (how.state === 'Held') await stand.kubectl('rollout', 'undo', user.ref);
    else await stand.change(name, 'a');
    await stand.untilRollout(name, `to be ${how.state}`, ({ state }) => state === how.state);
    return user;
  };
  return await Promise.all([
    stop('halted', {
      rollout: {},
      rollouts: 0,
      state: 'Halted',
      marks: { [podMarks.failsOnceStamped]: 'ErrImagePull' },
    }),
    stop('held', { rollout: { mode: 'Pin' }, rollouts: 2, state: 'Held' }),
    stop('unapproved', { rollout: { approval: 'Manual' }, rollouts: 0, state: 'AwaitingApproval' }),
  ]);
}

interface Stopped {
  readonly rollout: Readonly<Record<string, unknown>>;
  /** Before it stops. */
  readonly rollouts: number;
  readonly state: string;
  readonly marks?: Readonly<Record<string, string>>;
}
