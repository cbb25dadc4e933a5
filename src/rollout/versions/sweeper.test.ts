import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { versionSource, VersionsUnderTest } from '../../../test/fakes/versions-under-test.ts';
import { putUser } from '../../../test/fakes/version-users.ts';
import { SecretError } from '../../core/errors.ts';
import { resources } from '../../kube/objects.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics, type Metrics } from '../../platform/metrics.ts';
import type { SourceState } from './plan-sweep.ts';
import { Sweeper } from './sweeper.ts';

const options = { signal: new AbortController().signal };
const both = { namespace: 'shop', secrets: ['db', 'api'].map((name) => ({ name, annotations: {} })) };

let under: VersionsUnderTest;
let metrics: Metrics;
let states: ReadonlyMap<string, SourceState>;
let sweeper: Sweeper;

beforeEach(async () => {
  under = await VersionsUnderTest.start();
  metrics = createMetrics();
  sweeper = new Sweeper({
    client: under.client,
    clock: under.clock,
    logger: createLogger({ level: 'error', format: 'json', write: () => undefined }),
    metrics,
    statesIn: () => states,
  });
});

afterEach(() => under[Symbol.asyncDispose]());

/** Two versions of each Secret, the older one in use by a pod. Answers the older one of `db`. */
async function putBoth(): Promise<string> {
  const keep = async (name: string, password: string): Promise<string> => {
    const kept = await under.ensure(versionSource(password, { name }));
    await under.clock.advance(60_000);
    return kept.name;
  };
  const old = [await keep('db', 'one'), await keep('api', 'one')];
  const present = [await keep('db', 'two'), await keep('api', 'two')];
  for (const [index, name] of ['db', 'api'].entries()) {
    const version = old[index] ?? '';
    putUser(under.kube, resources.pods, { name, pins: `${name}=${version}`, reads: version });
  }
  states = new Map(
    ['db', 'api'].map((name, index) => [name, { retention: 'History', current: present[index] }] as const),
  );
  return old[0] ?? '';
}

async function oldVersions(): Promise<number | undefined> {
  return (await metrics.rolloutOldVersions.get()).values[0]?.value;
}

describe('the oldest version in use', () => {
  it('is not known before the first sweep, and then that of each Secret', async () => {
    const oldest = await putBoth();
    expect(sweeper.oldestInUse(both)).toBeUndefined();

    await sweeper.sweep('shop', options);
    expect(sweeper.oldestInUse(both)).toContainEqual({ secret: 'db', version: oldest });
    expect(sweeper.oldestInUse(both)).toHaveLength(2);
    expect(await oldVersions()).toBe(2);
  });

  it('of a Secret that is read as it is nobody knows', async () => {
    const oldest = await putBoth();
    putUser(under.kube, resources.pods, { name: 'plain', reads: 'api' });
    await sweeper.sweep('shop', options);

    expect(sweeper.oldestInUse(both)).toContainEqual({ secret: 'api', version: 'Unknown' });
    expect(sweeper.oldestInUse(both)).toContainEqual({ secret: 'db', version: oldest });
  });

  it('is none when nothing uses any', async () => {
    await putBoth();
    for (const name of ['db', 'api']) under.kube.remove(resources.pods, 'shop', name);
    await sweeper.sweep('shop', options);

    expect(sweeper.oldestInUse(both)).toEqual([]);
    expect(await oldVersions()).toBe(0);
  });

  it('stays as it was when a sweep fails, which says why', async () => {
    const oldest = await putBoth();
    await sweeper.sweep('shop', options);
    under.kube.forbid({ verb: 'list', plural: 'pods' });

    expect(await failureOf(sweeper.sweep('shop', options))).toMatchObject({ code: 'KUBE_FORBIDDEN' });
    expect(sweeper.oldestInUse(both)).toContainEqual({ secret: 'db', version: oldest });
  });

  it('is not known any more when others lead, and counts no more', async () => {
    await putBoth();
    await sweeper.sweep('shop', options);
    sweeper.clear();

    expect(sweeper.oldestInUse(both)).toBeUndefined();
    expect(await oldVersions()).toBe(0);
  });

  it('is not looked for, and nothing is deleted, when it is not known what is kept', async () => {
    const problem = new SecretError('KUBE_FORBIDDEN', 'no');
    const statesIn = (): never => {
      throw problem;
    };
    const logger = createLogger({ level: 'error', format: 'json', write: () => undefined });
    const blind = new Sweeper({ client: under.client, clock: under.clock, logger, metrics, statesIn });

    expect(await failureOf(blind.sweep('shop', options))).toBe(problem);
    expect(under.kube.calls).toEqual([]);
  });
});
