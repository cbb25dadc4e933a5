import { describe, expect, it } from 'vitest';

import { sourceOf, statusOf } from '../../test/fakes/sources.ts';
import { readingAll, readingKeys, workloadOf } from '../../test/fakes/workloads.ts';
import { buildView, type NamespaceFacts } from './build-view.ts';
import type { KnownContent } from './versions/contents.ts';
import type { RolloutSpec } from './rollout-spec.ts';
import type { Source } from './source.ts';

const keyId = '00000000';
const content: KnownContent = {
  type: 'Opaque',
  hash: '000000000001',
  keyHashes: new Map([['user', '00000000user']]),
  sync: 'shop/db',
  versionName: 'db-000000000001',
  problem: undefined,
};
const web = workloadOf('Deployment');

function validOf(source: Source): { readonly source: Source; readonly spec: RolloutSpec } {
  if (!source.spec.ok) throw new Error('it is not valid');
  return { source, spec: source.spec.value };
}

function build(sources: readonly Source[], facts: Partial<NamespaceFacts> = {}) {
  return buildView({
    now: 0,
    freeSlots: 3,
    sources: sources.map(validOf),
    workloads: [web],
    isFrozen: false,
    contentOf: (secret) => (secret === 'shop/db' ? content : undefined),
    keyId,
    understandsReloader: false,
    isPinSupported: true,
    refused: new Set(),
    findings: new Map(),
    ...facts,
  });
}

/** What is decided about `web` for the source `shop/db`. */
function decisionOf(...input: Parameters<typeof build>) {
  return build(...input).view.workloads[0]?.decisions.get('shop/db');
}

describe('a namespace', () => {
  it('lays a source beside the workloads that use it', () => {
    const { view, targets } = build([sourceOf()]);

    expect(view).toMatchObject({ now: 0, freeSlots: 3, sources: [{ key: 'shop/db', isFrozen: false }] });
    expect(view.workloads).toMatchObject([{ workload: web, isFrozen: false, revisions: undefined }]);
    expect(targets.get(web.key)?.get('shop/db')).toMatchObject({ mode: 'Restart' });
    expect(decisionOf([sourceOf()])).toMatchObject({
      kind: 'baseline',
      ledger: { stamp: `kid=${keyId};db=000000000001` },
    });
  });

  it.for([
    ['reads its Secret', workloadOf('Deployment', { pod: readingAll('db') }), 1],
    ['mounts its class', workloadOf('Deployment', { pod: mounting('db') }), 1],
    ['reads another one', workloadOf('Deployment', { pod: readingAll('other') }), 0],
  ] as const)('compares a workload that %s', ([, workload, expected]) => {
    expect(build([sourceOf()], { workloads: [workload] }).view.workloads).toHaveLength(expected);
  });

  it('compares a workload that does not use a source any more, but was known to', () => {
    const other = workloadOf('Deployment', { pod: readingAll('other') });
    const entry = {
      workload: other.key,
      uid: other.uid,
      mode: 'Restart',
      generation: 3,
      usage: '',
      stamp: '',
    } as const;
    const source = sourceOf({ status: statusOf({ workloads: [entry] }) });

    expect(decisionOf([source], { workloads: [other] })).toEqual({ kind: 'forget' });
  });

  it.for([
    ['none of its Secrets is known', { contentOf: (): undefined => undefined }],
    ['another source wrote the Secret', { contentOf: (): KnownContent => ({ ...content, sync: 'shop/other' }) }],
  ] as const)('knows no version, and decides nothing, when %s', ([, facts]) => {
    expect(build([sourceOf()], facts).view.sources[0]?.version).toBeUndefined();
    expect(decisionOf([sourceOf()], facts)).toEqual({ kind: 'current' });
  });

  it('has one version of all Secrets of a source, in whatever order they are', () => {
    const secrets = ['db', 'tls'].map((name) => ({ name, annotations: {} }));
    const known = { contentOf: (): KnownContent => content };
    const versions = [secrets, secrets.toReversed()].map(
      (each) => build([sourceOf({ secrets: each })], known).view.sources[0]?.version,
    );

    expect(versions[0]).toMatch(/^[0-9a-v]{12}$/);
    expect(versions[1]).toBe(versions[0]);
    expect(build([sourceOf({ secrets })]).view.sources[0]?.version).toBeUndefined();
  });

  it('compares the keys that are used', () => {
    const workloads = [workloadOf('Deployment', { pod: readingKeys('db', 'user') })];
    const stamps = [content, { ...content, hash: '000000000002' }].map((each) =>
      decisionOf([sourceOf()], { workloads, contentOf: () => each }),
    );

    expect(stamps[0]).toEqual(stamps[1]);
  });

  it.for([
    ['Pin cannot work', { isPinSupported: false }],
    ['no version is kept', { contentOf: () => ({ ...content, versionName: undefined }) }],
  ] as const)('decides nothing about pinned workloads while %s', ([, facts]) => {
    expect(decisionOf([sourceOf({ rollout: { mode: 'Pin' } })], facts)).toEqual({ kind: 'current' });
    expect(decisionOf([sourceOf()], facts)).toMatchObject({ kind: 'baseline' });
  });

  it('that is frozen is so in all its parts', () => {
    const { view } = build([sourceOf()], { isFrozen: true });

    expect([view.sources[0]?.isFrozen, view.workloads[0]?.isFrozen]).toEqual([true, true]);
  });

  it('has what was found at workloads that were looked at', () => {
    const podFailure = { reason: 'CrashLoopBackOff', message: 'web' };
    const { view } = build([sourceOf()], { findings: new Map([[web.key, { podFailure, revisions: 7 }]]) });

    expect(view.workloads).toMatchObject([{ podFailure, revisions: 7 }]);
  });
});

function mounting(name: string): object {
  const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: name } };
  return { containers: [{ name: 'web' }], volumes: [{ name: 'store', csi }] };
}
