import { beforeAll, expect, it } from 'vitest';

import { rolloutE2e } from './harness/rollout-e2e.ts';
import type { RolloutStand } from './harness/rollout-stand.ts';
import type { RolledOptions, RolledWorkload } from './harness/rollout-workload.ts';
import { until } from './harness/until.ts';

const domain = 'reloader.stakater.com';
const auto = { [`${domain}/auto`]: 'true' };
const notAuto = { [`${domain}/auto`]: 'false' };
const secretAuto = { [`secret.${domain}/auto`]: 'true' };
const search = { [`${domain}/search`]: 'true' };
const named = (names: string) => ({ [`secret.${domain}/reload`]: names });
const excluded = (names: string) => ({ [`secrets.exclude.${domain}/reload`]: names });

interface Case extends RolledOptions {
  readonly what: string;
  readonly restarts: boolean;
}

/** All sources are Off but `on`; every one of them changes. */
const cases: readonly Case[] = [
  { what: 'auto', uses: ['plain'], annotations: auto, restarts: true },
  { what: 'auto of Secrets', uses: ['plain'], annotations: secretAuto, restarts: true },
  { what: 'auto without a use', uses: ['elsewhere'], annotations: auto, restarts: false },
  { what: 'nothing', uses: ['plain'], restarts: false },
  { what: 'auto is false', uses: ['on'], annotations: notAuto, restarts: false },
  { what: 'nothing, of a source that is on', uses: ['on'], restarts: true },
  { what: 'its name', uses: ['plain'], annotations: named('plain'), restarts: true },
  { what: 'its name without a use', uses: ['elsewhere'], annotations: named('plain'), restarts: true },
  { what: 'its name in a list', uses: ['plain'], annotations: named('x,plain , y'), restarts: true },
  { what: 'another name', uses: ['plain'], annotations: named('plai'), restarts: false },
  { what: 'a pattern', uses: ['plain'], annotations: named('pl.*'), restarts: true },
  { what: 'alternatives, anchored as a whole', uses: ['elsewhere'], annotations: named('pla|ain'), restarts: false },
  { what: 'a broken pattern beside a good one', uses: ['plain'], annotations: named('[,plain'), restarts: true },
  { what: 'a broken pattern', uses: ['plain'], annotations: named('(['), restarts: false },
  { what: 'auto, excluded', uses: ['plain'], annotations: { ...auto, ...excluded('plain') }, restarts: false },
  { what: 'auto, another excluded', uses: ['plain'], annotations: { ...auto, ...excluded('x') }, restarts: true },
  { what: 'excluded from a source that is on', uses: ['on'], annotations: excluded('on'), restarts: false },
  { what: 'auto on the template', uses: ['plain'], marks: auto, restarts: true },
  { what: 'auto on the template, false on it', uses: ['plain'], annotations: notAuto, marks: auto, restarts: false },
  { what: 'search and match', uses: ['match'], annotations: search, restarts: true },
  { what: 'search without match', uses: ['plain'], annotations: search, restarts: false },
  { what: 'match without search', uses: ['match'], restarts: false },
  { what: 'search and match without a use', uses: ['elsewhere'], annotations: search, restarts: false },
  { what: 'auto, ignored', uses: ['ignored'], annotations: auto, restarts: false },
  { what: 'its name, ignored', uses: ['ignored'], annotations: named('ignored'), restarts: false },
  {
    what: 'auto, and our label off',
    uses: ['plain'],
    annotations: auto,
    labels: { 'lockstep.dev/rollout': 'off' },
    restarts: false,
  },
];

const sources = ['plain', 'on', 'match', 'ignored'];

async function prepare(stand: RolloutStand): Promise<readonly RolledWorkload[]> {
  const shared = { maxConcurrent: 50, canary: { count: 0 } };
  await stand.source('plain', { rollout: { mode: 'Off', ...shared } });
  await stand.source('on', { rollout: shared });
  for (const name of ['match', 'ignored']) {
    const annotations = { [`${domain}/${name === 'match' ? 'match' : 'ignore'}`]: 'true' };
    await stand.source(name, { rollout: { mode: 'Off', ...shared }, annotations });
  }
  return await Promise.all(cases.map(async (each, index) => await stand.workload('Deployment', `case-${index}`, each)));
}

/** To any of the sources. */
async function isKnown(stand: RolloutStand, users: readonly RolledWorkload[]): Promise<boolean> {
  const rollouts = await Promise.all(sources.map((source) => stand.rollout(source)));
  const known = new Set(rollouts.flatMap((rollout) => rollout?.workloads?.map(({ workload }) => workload) ?? []));
  return users.every(({ key }) => known.has(key));
}

rolloutE2e('Annotations of Reloader', 'rollout-reloader', (stand) => {
  let other: RolloutStand;
  beforeAll(async () => {
    other = await stand().beside('without');
    const flags = ['--leader-elect=false', '--rollout-max-concurrent=100'];
    await stand().startController(...flags, '--reloader-annotations', `--namespaces=${stand().tenant.namespace}`);
    await stand().startController(...flags, `--namespaces=${other.tenant.namespace}`);
  });

  /** What was restarted, once everything has changed. */
  const restarted = async (space: RolloutStand, expected: readonly Case[]): Promise<readonly string[]> => {
    const users = await prepare(space);
    const followers = users.filter((_, index) => expected.some((each) => each === cases[index]));
    const all = async (): Promise<readonly number[]> => await Promise.all(users.map((user) => user.changes()));
    await until(async () => await isKnown(space, followers), { what: 'the workloads to be known' });
    expect(new Set(await all())).toEqual(new Set([0]));
    for (const source of sources) await space.change(source, 'a');
    for (const user of followers) await user.annotated('lockstep.dev/secret-hashes');
    const isOver = async (): Promise<boolean> => {
      const rollouts = await Promise.all(sources.map((source) => space.rollout(source)));
      return rollouts.every((rollout) => rollout === undefined || ['Complete', 'Idle'].includes(rollout.state));
    };
    await until(isOver, { what: 'everything to be over' });
    const changes = await all();
    return cases.flatMap(({ what }, index) => (changes[index] === 0 ? [] : `${what}: ${changes[index]}`));
  };

  it('are understood with the flag', async () => {
    const expected = cases.filter(({ restarts }) => restarts);
    expect(await restarted(stand(), expected)).toEqual(expected.map(({ what }) => `${what}: 1`));
  });

  it('mean nothing without it', async () => {
    const expected = cases.filter(({ uses }) => uses[0] === 'on');
    expect(await restarted(other, expected)).toEqual(expected.map(({ what }) => `${what}: 1`));
  });
});
