import { describe, expect, it } from 'vitest';

import {
  namespace,
  type PodParts,
  startupTaint,
  StartupTaintUnderTest,
} from '../../../test/fakes/startup-taint-under-test.ts';
import { resources } from '../../kube/objects.ts';

const start = StartupTaintUnderTest.start.bind(StartupTaintUnderTest);

describe('a node with the startup taint', () => {
  it('loses it when the provider there is ready, and not before', async () => {
    await using under = await start((before) => before.putNode('a'));
    await under.seen();
    under.putPod('a', { ready: 'False' });
    await under.seen();
    expect(under.taints('a')).toEqual([startupTaint]);

    under.putPod('a');
    await under.untainted('a');

    expect(under.taints('a')).toEqual([]);
    expect(under.kube.get(resources.nodes, undefined, 'a')).toHaveProperty('spec.podCIDR', '10.0.0.0/24');
    expect(under.lines).toContainEqual(
      expect.objectContaining({ level: 'info', msg: 'startup taint removed', node: 'a', taint: startupTaint.key }),
    );
    expect(await under.removed()).toBe(3);
  });

  it('loses it at once when it comes after its provider', async () => {
    await using under = await start((before) => before.putPod('a'));
    await under.watching();
    under.putNode('a');
    await under.untainted('a');

    expect(under.patched).toContain('a');
  });

  it('loses it again when somebody gives it back', async () => {
    await using under = await start((before) => {
      before.putPod('a');
      before.putNode('a');
    });
    await under.untainted('a');
    under.putNode('a', [{ key: 'other', effect: 'NoExecute' }, startupTaint]);
    await under.untainted('a');

    expect(under.taints('a')).toEqual([{ key: 'other', effect: 'NoExecute' }]);
    expect(under.patched).toEqual(['a', 'a']);
  });

  it.for<readonly [string, PodParts]>([
    ['is on another node', { node: 'b' }],
    ['is on no node', { node: '' }],
    ['is not ready', { ready: 'False' }],
    ['was lost from sight', { ready: 'Unknown' }],
    ['is terminating', { isTerminating: true }],
    ['is something else', { labels: { app: 'web' } }],
    ['is in another namespace', { namespace: 'shop' }],
  ])('keeps it while the only pod %s', async ([, parts]) => {
    await using under = await start((before) => {
      before.putNode('a');
      before.putPod('a', parts);
    });
    await under.seen();

    expect(under.taints('a')).toEqual([startupTaint]);
    expect(under.patched).not.toContain('a');
  });

  it('keeps it when its provider is gone by the time that it comes', async () => {
    await using under = await start((before) => before.putPod('a'));
    await under.watching();
    under.kube.remove(resources.pods, namespace, 'a');
    await under.seen();
    under.putNode('a');
    await under.seen();

    expect(under.taints('a')).toEqual([startupTaint]);
  });

  it('loses it while one provider takes the place of another', async () => {
    await using under = await start((before) => {
      before.putPod('old', { node: 'a' });
      before.putPod('new', { node: 'a' });
    });
    await under.watching();
    under.putPod('old', { node: 'a', isTerminating: true });
    await under.seen();
    under.putNode('a');
    await under.untainted('a');

    expect(under.patched).toContain('a');
  });

  it.for([
    ['in front', [startupTaint, { key: 'x', effect: 'NoSchedule' }, { key: 'y', value: '1', effect: 'NoExecute' }]],
    ['in between', [{ key: 'x', effect: 'NoSchedule' }, startupTaint, { key: 'y', value: '1', effect: 'NoExecute' }]],
    [
      'with every effect and any value',
      [
        startupTaint,
        { key: 'x', effect: 'NoSchedule' },
        { ...startupTaint, effect: 'NoExecute', value: 'starting' },
        { key: 'y', value: '1', effect: 'NoExecute' },
        { ...startupTaint, effect: 'PreferNoSchedule' },
      ],
    ],
  ] as const)('keeps its other taints as they are: ours stands %s', async ([, taints]) => {
    await using under = await start((before) => {
      before.putPod('a');
      before.putNode('a', taints);
    });
    await under.untainted('a');

    expect(under.taints('a')).toEqual([
      { key: 'x', effect: 'NoSchedule' },
      { key: 'y', value: '1', effect: 'NoExecute' },
    ]);
    expect(under.patched).toEqual(['a']);
  });
});

it.for([
  ['has no taints', undefined],
  ['has an empty list of them', []],
  [
    'has others',
    [
      { key: 'example.com/not-ready-yet', effect: 'NoSchedule' },
      { key: 'x', value: startupTaint.key },
    ],
  ],
  ['has something that is no taint', [null, 'example.com/not-ready', 7]],
] as const)('a node that %s is left alone', async ([, taints]) => {
  await using under = await start((before) => {
    before.putPod('a');
    before.kube.put(resources.nodes, { metadata: { name: 'a' }, spec: { taints } });
  });
  await under.seen();

  expect(under.patched).not.toContain('a');
});
