import { describe, expect, it } from 'vitest';

import { modified } from '../../../test/fakes/kube-replies.ts';
import { startupTaint, StartupTaintUnderTest } from '../../../test/fakes/startup-taint-under-test.ts';
import { resources } from '../../kube/objects.ts';

const patchOfNode = { verb: 'patch', plural: 'nodes' } as const;
const minuteMs = 60_000;
const start = StartupTaintUnderTest.start.bind(StartupTaintUnderTest);

describe('a node that somebody else changes at the same time', () => {
  it('is looked at again, and nothing of the change is lost', async () => {
    await using under = await start();
    await under.watching();
    const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
    const lost: unknown[] = [];
    under.kube.store.listen(({ previous, current }) => {
      if (JSON.stringify(previous ?? {}).includes(cordon.key) && !JSON.stringify(current ?? {}).includes(cordon.key))
        lost.push(current);
    });
    under.kube.script(
      patchOfNode,
      () => {
        under.putNode('a', [startupTaint, cordon]);
        return undefined;
      },
      { times: 1 },
    );
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched.length, { interval: 1 }).toBeGreaterThan(0);
    await under.settled();
    await under.pass(2000);
    await under.untainted('a');

    expect(under.taints('a')).toEqual([cordon]);
    expect(lost).toEqual([]);
    expect(under.patched).toEqual(['a', 'a']);
    expect(under.logged('warn')).toEqual([]);
  });

  it('is tried less and less often while the watch shows nothing new', async () => {
    await using under = await start();
    await under.watching();
    under.kube.script({ ...patchOfNode, name: 'a' }, modified);
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched.length, { interval: 1 }).toBe(1);
    await under.pass(2 * minuteMs);

    expect(under.patched.length).toBeGreaterThan(3);
    expect(under.patched.length).toBeLessThan(10);
    expect(under.logged('warn')).toEqual([]);
  });

  it('is given up when its provider is gone by then', async () => {
    await using under = await start();
    await under.watching();
    under.kube.script({ ...patchOfNode, name: 'a' }, modified, { times: 1 });
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched, { interval: 1 }).toEqual(['a']);
    under.putPod('a', { ready: 'False' });
    await under.seen();
    await under.pass(2 * minuteMs);

    expect(under.taints('a')).toEqual([startupTaint]);
    expect(under.patched.filter((node) => node === 'a')).toEqual(['a']);
  });

  it('is given up when it is deleted', async () => {
    await using under = await start();
    await under.watching();
    under.kube.script(
      patchOfNode,
      () => {
        under.kube.remove(resources.nodes, undefined, 'a');
        return undefined;
      },
      { times: 1 },
    );
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched, { interval: 1 }).toEqual(['a']);
    await under.pass(2 * minuteMs);

    expect(under.patched).toEqual(['a']);
    expect(under.logged('warn')).toEqual([]);
  });
});
