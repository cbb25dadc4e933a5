import { describe, expect, it } from 'vitest';

import type { ResolvedObject } from '../core/plan.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { Deliveries, volumeKey } from './deliveries.ts';

describe('deliveries', () => {
  it('are the first until one was recorded', () => {
    const deliveries = new Deliveries({ maxVolumes: 10 });

    expect(deliveries.kindOf('v')).toBe('first');
    expect(deliveries.record('v', objects({ a: '1' }))).toEqual({ kind: 'first' });
    expect(deliveries.kindOf('v')).toBe('repeat');
    expect(deliveries.kindOf('w')).toBe('first');
  });

  it('tell which files changed, came and went', () => {
    const deliveries = new Deliveries({ maxVolumes: 10 });
    deliveries.record('v', objects({ same: '1', changed: '1', went: '1' }));

    const delivery = deliveries.record('v', objects({ same: '1', changed: '2', came: '1' }));

    expect(delivery).toEqual({ kind: 'changed', paths: ['changed', 'went', 'came'] });
    expect(deliveries.record('v', objects({ same: '1', changed: '2', came: '1' }))).toEqual({ kind: 'same' });
  });

  it('forget the volume that was not asked for the longest', () => {
    const deliveries = new Deliveries({ maxVolumes: 2 });
    for (const volume of ['a', 'b', 'a', 'c']) deliveries.record(volume, objects({}));

    expect(['a', 'b', 'c'].map((volume) => deliveries.kindOf(volume))).toEqual(['repeat', 'first', 'repeat']);
  });
});

it('a volume is not named by its path or its pod alone', () => {
  const caller = {
    kind: 'pod',
    serviceAccount: 's',
    pod: { name: 'p', uid: 'u' },
    tokens: new Map(),
    secrets: new Map(),
  } as const;
  const keys = [
    volumeKey({ ...caller, namespace: 'one' }, '/mnt'),
    volumeKey({ ...caller, namespace: 'two' }, '/mnt'),
    volumeKey({ ...caller, namespace: 'one' }, '/other'),
  ];

  expect(new Set(keys).size).toBe(3);
});

function objects(versions: Readonly<Record<string, string>>): readonly ResolvedObject[] {
  return Object.entries(versions).map(([name, version]) => ({
    name,
    path: name,
    mode: 0o644,
    contents: SecretBytes.from(''),
    version,
  }));
}
