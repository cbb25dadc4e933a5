import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rawWorkload, readingKeys } from '../../../test/fakes/workloads.ts';
import type { WorkloadKind } from './workload-kind.ts';
import { templateOf, toWorkload, workloadKey } from './workload.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'];

describe('toWorkload', () => {
  it.for(kinds)('keeps what decisions about a %s need', (kind) => {
    const raw = rawWorkload(kind, {
      pod: readingKeys('db', 'user'),
      annotations: { 'lockstep.dev/secret-hashes': 'h', 'lockstep.dev/pins': 'p', other: 'x' },
      metadata: {
        labels: { 'lockstep.dev/rollout': 'Pin', 'lockstep.dev/rollout-order': '2', 'lockstep.dev/freeze': 'true' },
      },
    });

    expect(toWorkload(kind, raw)).toEqual({
      key: `${kind} shop/web`,
      kind,
      namespace: 'shop',
      name: 'web',
      uid: 'web-uid',
      generation: 3,
      resourceVersion: '7',
      references: [{ secret: 'db', keys: new Set(['user']), optional: false }],
      classes: [],
      hashes: 'h',
      pins: 'p',
      mode: 'Pin',
      problem: undefined,
      isFrozen: true,
      isPaused: false,
      revisionHistoryLimit: 10,
      progressDeadlineMs: 600_000,
      order: 2,
      reloader: undefined,
      selector: '',
      health: { state: 'Healthy' },
    });
  });

  it('has its defaults where nothing is said', () => {
    expect(toWorkload('Deployment', rawWorkload('Deployment'))).toMatchObject({
      hashes: undefined,
      pins: undefined,
      mode: undefined,
      problem: undefined,
      isFrozen: false,
      order: 0,
    });
  });

  it('does not take annotations of the workload for those of its template', () => {
    const metadata = { annotations: { 'lockstep.dev/secret-hashes': 'h', 'lockstep.dev/pins': 'p' } };

    expect(toWorkload('Deployment', rawWorkload('Deployment', { metadata }))).toMatchObject({
      hashes: undefined,
      pins: undefined,
    });
  });

  it('keeps nothing of a workload that no Secret concerns, or that is being deleted', () => {
    expect(toWorkload('Deployment', rawWorkload('Deployment', { pod: { containers: [] } }))).toBeUndefined();
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(toWorkload('Deployment', rawWorkload('Deployment', { metadata }))).toBeUndefined();
  });

  it('keeps one that mounts a class, or names Secrets as Reloader has it', () => {
    const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'shop' } };
    const mounting = rawWorkload('Deployment', { pod: { volumes: [{ name: 'v', csi }] } });
    const naming = rawWorkload('Deployment', {
      pod: {},
      metadata: { annotations: { 'secret.reloader.stakater.com/reload': 'db' } },
    });

    expect(toWorkload('Deployment', mounting)).toMatchObject({ references: [], classes: ['shop'] });
    expect(toWorkload('Deployment', naming)).toMatchObject({ references: [], reloader: { named: 'db' } });
  });

  it('says that a paused Deployment is paused', () => {
    const workload = toWorkload('Deployment', rawWorkload('Deployment', { spec: { paused: true } }));

    expect(workload).toMatchObject({ isPaused: true, health: { state: 'Paused' } });
  });

  it('names every label that it does not understand, with the nearest word', () => {
    const labels = { 'lockstep.dev/rollout': 'restrat', 'lockstep.dev/rollout-order': 'first' };

    expect(toWorkload('Deployment', rawWorkload('Deployment', { metadata: { labels } }))).toMatchObject({
      mode: 'Off',
      order: 0,
      problem: expect.stringMatching(/lockstep\.dev\/rollout .*did you mean restart\?.*lockstep\.dev\/rollout-order/),
    });
  });

  it('never throws, whatever the shape', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.anything(), fc.anything(), (kind, spec, odd) => {
        const metadata = { name: 'web', uid: 'u', resourceVersion: '1', labels: odd, annotations: odd };
        // Other shapes than the API server's.
        expect(() => toWorkload(kind, { metadata, spec, status: odd } as never)).not.toThrow();
      }),
    );
  });
});

describe('templateOf and workloadKey', () => {
  it('find the template where the kind has it', () => {
    expect(templateOf('CronJob', rawWorkload('CronJob'))).toHaveProperty('spec');
    expect(templateOf('StatefulSet', rawWorkload('StatefulSet'))).toHaveProperty('spec');
    expect(templateOf('CronJob', rawWorkload('Deployment'))).toEqual({});
    expect(workloadKey('CronJob', { namespace: 'shop', name: 'web' })).toBe('CronJob shop/web');
  });

  it('knows the labels of its pods, for looking at those alone', () => {
    const selector = { matchLabels: { app: 'web', tier: 'front' } };
    expect(toWorkload('Deployment', rawWorkload('Deployment', { spec: { selector } }))?.selector).toBe(
      'app=web,tier=front',
    );
  });
});
