import { describe, expect, it } from 'vitest';

import { forbidden, modified, refuseKube } from '../../../test/fakes/kube-replies.ts';
import { startupTaint, StartupTaintUnderTest } from '../../../test/fakes/startup-taint-under-test.ts';
import { membersOf } from '../../kube/objects.ts';

const patchOfNode = { verb: 'patch', plural: 'nodes' } as const;
const minuteMs = 60_000;

function start(nodes: readonly string[], options?: { readonly leads?: boolean }): Promise<StartupTaintUnderTest> {
  const prepare = (under: StartupTaintUnderTest): void => {
    for (const node of nodes) {
      under.putPod(node);
      under.putNode(node);
    }
  };
  return StartupTaintUnderTest.start(prepare, options);
}

describe('without the right to patch nodes', () => {
  it('says so once, with the remedy, and asks less and less often', async () => {
    const nodes = Array.from({ length: 20 }, (_, index) => `node-${index}`);
    await using under = await start([]);
    await under.watching();
    under.kube.forbid(patchOfNode);
    for (const node of nodes) {
      under.putPod(node);
      under.putNode(node);
    }
    await expect.poll(() => under.logged('warn').length, { interval: 1 }).toBe(1);
    await under.pass(2 * minuteMs);

    expect(under.logged('warn')).toEqual([
      expect.objectContaining({
        code: 'KUBE_FORBIDDEN',
        msg: 'startup taints cannot be removed',
        reason: expect.stringMatching(/^lockstep may not patch nodes \(.*\); grant it$/),
        retryMs: 750,
      }),
    ]);
    // Nine times in two minutes, as many at once as there are workers.
    expect(under.patched.length).toBeLessThanOrEqual(4 * 9);
    expect(new Set(under.patched).size).toBeGreaterThan(1);

    under.kube.clearScripts();
    await under.pass(minuteMs);
    expect(nodes.map((node) => under.taints(node))).toEqual(nodes.map(() => []));
    expect(await under.removed()).toBe(nodes.length);
  });

  it('says so again when it is taken away again', async () => {
    await using under = await start([]);
    await under.watching();
    under.kube.script(patchOfNode, forbidden, { times: 1 });
    for (const node of ['a', 'b']) {
      under.putPod(node);
      under.putNode(node);
      await expect.poll(() => under.patched, { interval: 1 }).toContain(node);
      await under.pass(2000);
      expect(under.taints(node)).toEqual([]);
      under.kube.script(patchOfNode, forbidden, { times: 1 });
    }

    expect(under.logged('warn').map(({ code }) => code)).toEqual(['KUBE_FORBIDDEN', 'KUBE_FORBIDDEN']);
  });
});

it('one node that admission refuses holds up no other', async () => {
  await using under = await start([]);
  await under.watching();
  const message = 'admission webhook "nodes.example.com" denied the request: no';
  under.kube.script({ ...patchOfNode, name: 'a' }, refuseKube({ status: 403, reason: 'Forbidden', message }));
  for (const node of ['a', 'b']) {
    under.putPod(node);
    under.putNode(node);
  }
  await under.untainted('b');
  await expect
    .poll(() => under.logged('warn'), { interval: 1 })
    .toEqual([
      expect.objectContaining({ code: 'KUBE_REFUSED', object: 'a', reason: expect.stringContaining(message) }),
    ]);

  expect(under.taints('a')).toEqual([startupTaint]);
});

it.for(['nodes', 'pods'])('without the right to list %s it says so once, and begins when it has it', async (plural) => {
  await using under = await StartupTaintUnderTest.start((before) => {
    before.kube.forbid({ verb: 'list', plural });
    before.putPod('a');
    before.putNode('a');
  });
  await expect.poll(() => under.logged('warn').length, { interval: 1 }).toBe(1);
  await under.pass(2 * minuteMs);
  const place = plural === 'nodes' ? 'in all namespaces' : 'in namespace lockstep-system';
  expect(under.logged('warn').map(({ msg, err }) => [msg, membersOf(err)['message']])).toEqual([
    ['list failed', expect.stringContaining(`lockstep may not list ${plural} ${place}`)],
  ]);
  const { values } = await under.metrics.kubeRequests.get();
  expect(values).toContainEqual(
    expect.objectContaining({ labels: { verb: 'list', resource: plural, result: 'KUBE_FORBIDDEN' } }),
  );
  expect(under.patched).toEqual([]);

  under.kube.clearScripts();
  await under.pass(minuteMs);
  await under.untainted('a');
});

describe('a replica that does not lead', () => {
  it('only watches, and goes on when its term begins', async () => {
    await using under = await start(['a'], { leads: false });
    await under.watching();
    under.putPod('b');
    under.putNode('b');
    await under.pass(3000);
    expect(under.patched).toEqual([]);
    expect(await under.queued()).toBe(0);

    under.terms.begin();
    await under.untainted('a');
    await under.untainted('b');
  });

  it('writes nothing when its lease has run out, before it knows that its term is over', async () => {
    await using under = await start([]);
    await under.seen();
    under.kube.script(
      { ...patchOfNode, name: 'a' },
      (request) => {
        under.holdsLease = false;
        return modified(request);
      },
      { times: 1 },
    );
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched, { interval: 1 }).toContain('a');
    const sent = under.patched.length;
    under.putPod('b');
    under.putNode('b');
    await under.pass(minuteMs);
    expect(under.patched.length).toBe(sent);

    under.terms.end('the lease is gone');
    under.holdsLease = true;
    under.terms.begin();
    await under.untainted('a');
    await under.untainted('b');
    expect(under.logged('warn')).toEqual([]);
  });

  it('leaves to the next one what it was about', async () => {
    await using under = await start([]);
    await under.watching();
    under.kube.script(patchOfNode, 'hang', { times: 1 });
    under.putPod('a');
    under.putNode('a');
    await expect.poll(() => under.patched, { interval: 1 }).toEqual(['a']);
    under.terms.end('the lease is gone');
    await under.pass(minuteMs);
    expect(under.patched).toEqual(['a']);
    expect(await under.queued()).toBe(0);

    under.terms.begin();
    await under.untainted('a');
    expect(under.logged('warn')).toEqual([]);
    expect(under.logged('error')).toEqual([]);
  });
});

it('a thousand nodes cost a patch each, and nothing afterwards', async () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => `node-${index}`);
  await using under = await start(nodes);
  await expect.poll(() => under.patched.length, { interval: 5, timeout: 20_000 }).toBe(nodes.length);
  await under.seen();
  const before = under.kube.requests.length;
  await under.pass(2 * minuteMs);

  expect(new Set(under.patched).size).toBe(nodes.length + 1);
  expect(under.patched.length).toBe(nodes.length + 1);
  expect(under.kube.requests.length).toBe(before);
});
