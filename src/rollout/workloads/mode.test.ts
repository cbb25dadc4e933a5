import { describe, expect, it } from 'vitest';

import { readingKeys, workloadOf, type WorkloadParts } from '../../../test/fakes/workloads.ts';
import type { RolloutMode } from './mode-label.ts';
import { type RolloutSource, toTarget } from './mode.ts';
import type { WorkloadKind } from './workload-kind.ts';

const source: RolloutSource = {
  className: 'shop',
  mode: 'Restart',
  isFrozen: false,
  secrets: [
    { name: 'db', annotations: {} },
    { name: 'tls', annotations: {} },
  ],
};
const label = (mode: string): WorkloadParts => ({ metadata: { labels: { 'lockstep.dev/rollout': mode } } });
const reloader = (name: string, value: string): WorkloadParts => ({
  metadata: { annotations: { [`${name}reloader.stakater.com/${name === '' ? 'auto' : 'reload'}`]: value } },
});

interface Asked {
  readonly kind?: WorkloadKind;
  readonly parts?: WorkloadParts;
  readonly mode?: RolloutMode;
  readonly understandsReloader?: boolean;
}

function target({ kind = 'Deployment', parts = {}, mode = 'Restart', understandsReloader = false }: Asked) {
  return toTarget(workloadOf(kind, parts), { ...source, mode }, { understandsReloader });
}

describe('toTarget', () => {
  it.for<readonly [string, Asked, RolloutMode]>([
    ['the source', { mode: 'Pin' }, 'Pin'],
    ['the source when it is off', { mode: 'Off' }, 'Off'],
    ['the label of the workload', { mode: 'Off', parts: label('restart') }, 'Restart'],
    ['the label that turns it off', { parts: label('off') }, 'Off'],
    ['a label that nobody understands', { parts: label('always') }, 'Off'],
    ['Pin for a CronJob', { kind: 'CronJob', mode: 'Pin' }, 'Pin'],
    ['nothing else for a CronJob', { kind: 'CronJob', mode: 'Restart' }, 'Off'],
    ['nothing else for a CronJob, not even by label', { kind: 'CronJob', parts: label('notify') }, 'Off'],
    ['no annotation that does not count', { mode: 'Off', parts: reloader('', 'true') }, 'Off'],
    ['auto', { mode: 'Off', parts: reloader('', 'true'), understandsReloader: true }, 'Restart'],
    ['auto, in the mode of the source', { mode: 'Pin', parts: reloader('', 'true'), understandsReloader: true }, 'Pin'],
    ['auto that is false', { parts: reloader('', 'false'), understandsReloader: true }, 'Off'],
    ['an exclusion', { parts: reloader('secrets.exclude.', 'db'), understandsReloader: true }, 'Off'],
    ['another exclusion', { parts: reloader('secrets.exclude.', 'tls'), understandsReloader: true }, 'Restart'],
  ])('goes by %s', ([, asked, mode]) => {
    const found = target(asked);

    expect(found.mode).toBe(mode);
    expect([...found.secrets.keys()]).toEqual(mode === 'Off' ? [] : ['db']);
  });

  it('lets the label win over an opt-out of Reloader, but not over an exclusion', () => {
    const labels = { 'lockstep.dev/rollout': 'restart' };
    const optedOut = { metadata: { labels, annotations: { 'reloader.stakater.com/auto': 'false' } } };
    const excluded = { metadata: { labels, annotations: { 'secrets.exclude.reloader.stakater.com/reload': 'db' } } };

    expect(target({ parts: optedOut, understandsReloader: true }).mode).toBe('Restart');
    expect(target({ parts: excluded, understandsReloader: true }).mode).toBe('Off');
  });

  it('tracks the keys that are used, and nothing that is not', () => {
    expect(target({ parts: { pod: readingKeys('db', 'user') } }).secrets).toEqual(new Map([['db', new Set(['user'])]]));
    expect(target({ parts: { pod: readingKeys('foreign', 'user') } })).toEqual({
      mode: 'Off',
      isFrozen: false,
      secrets: new Map(),
    });
  });

  it('tracks every Secret of a class that is mounted, as a whole', () => {
    const csi = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'shop' } };
    const pod = { ...readingKeys('db', 'user'), volumes: [{ name: 'v', csi }] };

    expect(target({ parts: { pod } }).secrets).toEqual(
      new Map([
        ['db', 'all'],
        ['tls', 'all'],
      ]),
    );
  });

  it('tracks what Reloader names though nothing reads it', () => {
    const asked: Asked = { mode: 'Off', parts: reloader('secret.', 't.*'), understandsReloader: true };

    expect(target(asked)).toMatchObject({ mode: 'Restart', secrets: new Map([['tls', 'all']]) });
  });

  it('is frozen by the workload or the source, and keeps its mode', () => {
    const labels = { 'lockstep.dev/freeze': 'true' };
    const workload = workloadOf('Deployment');

    expect(target({ parts: { metadata: { labels } } })).toMatchObject({ mode: 'Restart', isFrozen: true });
    expect(toTarget(workload, { ...source, isFrozen: true }, { understandsReloader: false }).isFrozen).toBe(true);
    expect(toTarget(workload, source, { understandsReloader: false }).isFrozen).toBe(false);
  });
});
