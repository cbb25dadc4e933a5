import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { ChartIdentity } from './harness/chart-identity.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { readRendered, renderChart } from './harness/helm.ts';
import { KubeApi, type KubeObject } from './harness/kube-api.ts';
import { Kwok, podMarks } from './harness/kwok.ts';
import { soon, until } from './harness/until.ts';

const slug = 'startup-taint';
const system = `${slug}-system`;
const key = 'lockstep.dev/provider-not-ready';
const ours = { key, effect: 'NoSchedule' };
const other = { key: 'e2e/other', value: 'x', effect: 'NoSchedule' };
const nodes = '/api/v1/nodes';
const pods = `/api/v1/namespaces/${system}/pods`;
const scope = `controller.namespaces={${slug}}`;
const values = ['controller.enabled=true', 'provider.enabled=true', scope, `controller.startupTaint=${key}`];
const identity = new ChartIdentity('controller', values);
const withoutTaint = new ChartIdentity('controller', [scope]);
/** For what may wait for the Lease, or for a back-off. */
const later = { timeout: 30_000, interval: 100 };

/** Rules without which no taint is removed, and what the log says. */
const broken = [
  ['nodes: list watch patch', 'lockstep may not list nodes in all namespaces'],
  ['own pods: list watch', `lockstep may not list pods in namespace ${system}`],
] as const;

interface Provider {
  readonly labels: object;
  readonly tolerations: object;
}

interface Template {
  readonly metadata: Pick<Provider, 'labels'>;
  readonly spec: Pick<Provider, 'tolerations'> & {
    readonly containers: readonly { readonly args: readonly string[] }[];
  };
}

interface Taints {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
}

controllerE2e({ name: 'The startup taint', slug, grant: [], identity }, (stand) => {
  /** Of this file's own: the stand ends before the nodes go. */
  let kube: KubeApi;
  let kwok: Kwok;
  let provider: Provider;
  let value: string;
  /** Nodes that nobody plays. */
  const made: string[] = [];

  beforeAll(async () => {
    kube = new KubeApi(stand().run.cluster);
    kwok = await Kwok.start(stand().run, `${slug}-kwok`);
    provider = await readProvider();
    value = await stand().putSecret('startup/a');
  });
  afterAll(async () => {
    await kube.remove(`${pods}?gracePeriodSeconds=0`);
    for (const node of made) await kube.remove(`${nodes}/${node}`);
    await kwok.stop();
    await kube.close();
  });

  /** A node as kubelet registers it with `--register-with-taints`. */
  async function register(node: string): Promise<void> {
    made.push(node);
    const spec = { taints: [ours] };
    await kube.call('POST', nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: node }, spec });
  }

  async function runProvider(name: string, node: string, annotations: object = {}): Promise<void> {
    const { labels, tolerations } = provider;
    await kube.call('POST', pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels, annotations },
      spec: { nodeName: node, tolerations, containers: [{ name: 'provider', image: 'registry.example/lockstep' }] },
    });
  }

  /** As the kubelet of a node that nobody plays. */
  async function becomeReady(name: string): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True' }];
    await kube.call('PATCH', `${pods}/${name}/status`, { status: { phase: 'Running', conditions } });
  }

  async function keysOf(node: string): Promise<readonly string[]> {
    const { spec } = await kube.call<Taints>('GET', `${nodes}/${node}`);
    return spec.taints?.map((taint) => taint.key) ?? [];
  }

  it('goes when the provider of the node is ready, and not before; other taints stay', async () => {
    const taints = [other, ours, { ...ours, effect: 'NoExecute' }];
    await kube.call('PATCH', `${nodes}/${kwok.node}`, { spec: { taints } });
    await runProvider('first', kwok.node, { [podMarks.byHand]: 'yes' });
    const controller = await stand().startController(...identity.flags);
    // It comes later, and has its turn before the other.
    await register(`${slug}-later`);
    await runProvider('second', `${slug}-later`);
    await becomeReady('second');
    await expect.poll(() => keysOf(`${slug}-later`), later).not.toContain(key);
    expect(await keysOf(kwok.node)).toEqual([other.key, key, key]);

    await kube.call('PATCH', `${pods}/first`, { metadata: { annotations: { [podMarks.byHand]: null } } });
    await expect.poll(() => keysOf(kwok.node), later).toEqual([other.key]);
    await expect.poll(() => controller.metric('lockstep_startup_taints_removed_total'), soon).toBe(2);
    await stand().stopController(controller);
    expect(controller.log()).toContain('startup taint removed');
    expect(controller.log()).not.toContain('may not');
  });

  it('takes these rules besides, and no others', async () => {
    await withoutTaint.render({ system: 'elsewhere' });
    const besides = identity.rules.filter((rule) => !withoutTaint.rules.includes(rule));
    expect(besides.toSorted()).toEqual(broken.map(([rule]): string => rule).toSorted());
  });

  it('waits for the provider of its own release, whatever that is called, and the controller tolerates it', async () => {
    const named = [...values, 'nameOverride=other', 'controller.tolerations[0].key=mine'];
    const objects = readRendered(await renderChart({ namespace: system, release: 'mine', values: named }));
    const { tolerations, containers } = templateOf(objects, 'Deployment').spec;
    const { labels } = templateOf(objects, 'DaemonSet').metadata;
    const selector = Object.entries(labels).map(([label, text]) => `${label}=${text}`);
    expect(containers[0]?.args).toContain(`--startup-taint=${key}`);
    expect(containers[0]?.args).toContain(`--provider-selector=${selector.join(',')}`);
    expect(tolerations).toEqual([{ key, operator: 'Exists' }, { key: 'mine' }]);
    const policy = JSON.stringify(objects.find(({ metadata }) => metadata.name === 'lockstep-startup-taint'));
    expect(policy).toContain(`'system:serviceaccount:${system}:mine-other-controller'`);
  });

  it.for(broken)('without %s: stays, and Secrets are kept all the same', async ([rule, says]) => {
    const name = rule.startsWith('own') ? 'no-pods' : 'no-nodes';
    const node = `${slug}-${name}`;
    await using given = await identity.without(rule);
    const controller = await stand().startController(...identity.flags);
    await register(node);
    await runProvider(name, node);
    await becomeReady(name);
    await stand().tenant.putPair(name, 'startup/a');

    await stand().tenant.value(name, value);
    await expect.poll(() => controller.log(), soon).toContain(says);
    expect(await controller.ready()).toBe(true);
    expect(await controller.live()).toBe(true);
    expect(await keysOf(node)).toContain(key);

    await given[Symbol.asyncDispose]();
    await expect.poll(() => keysOf(node), later).not.toContain(key);
    await stand().stopController(controller);
    await kube.remove(stand().tenant.syncPath(name));
  });

  describe('is all that the controller may change of a node:', () => {
    let api: ApiStand;
    let controller: KubeApi;
    const node = `${slug}-guarded`;
    const path = `${nodes}/${node}`;
    beforeAll(async () => {
      api = new ApiStand(stand().run.cluster, slug);
      controller = await api.as(`${system}-lockstep-controller`, system);
      await register(node);
      await kube.call('PATCH', path, { spec: { taints: [other, ours] } });
      const isRefused = (): Promise<boolean> =>
        controller.call('PATCH', `${path}?dryRun=All`, { metadata: { labels: { a: 'b' } } }).then(
          () => false,
          (error: unknown) => String(error).includes("ValidatingAdmissionPolicy 'lockstep-startup-taint'"),
        );
      await until(isRefused, { what: 'the policy to be in force' });
    });
    afterAll(async () => api.close());

    it.for([
      ['labels', { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } }],
      ['annotations', { metadata: { annotations: { a: 'b' } } }],
      ['finalizers', { metadata: { finalizers: ['example.com/a'] } }],
      ['readiness for pods', { spec: { unschedulable: true } }],
    ] as const)('not its %s', async ([, patch]) => {
      const besides = { ...patch, spec: { ...('spec' in patch && patch.spec), taints: [other] } };
      await expect(controller.call('PATCH', path, besides)).rejects.toThrow(
        'lockstep may change nothing of a node but its taints',
      );
    });

    it.for([
      ['taking another', [ours]],
      ['taking all of them', []],
      ['giving one', [other, { key: 'a', effect: 'NoExecute' }]],
      ['changing one', [{ ...other, effect: 'PreferNoSchedule' }]],
      ['leaving its own, and giving one', [other, ours, { key: 'a', effect: 'NoExecute' }]],
    ] as const)('not its taints by %s', async ([, taints]) => {
      await expect(controller.call('PATCH', path, { spec: { taints } })).rejects.toThrow(
        `lockstep may only take the taint ${key} from a node, and has to leave all others as they are`,
      );
    });

    it('the taint itself', async () => {
      await controller.call('PATCH', path, { spec: { taints: [other] } });
      expect(await keysOf(node)).toEqual([other.key]);
    });
  });
});

/** Of the DaemonSet's pods, as the chart has them for the same release. */
async function readProvider(): Promise<Provider> {
  const objects = readRendered(await renderChart({ namespace: system, release: system, values }));
  const { metadata, spec } = templateOf(objects, 'DaemonSet');
  return { labels: metadata.labels, tolerations: spec.tolerations };
}

function templateOf(objects: readonly KubeObject[], wanted: string): Template {
  const found = objects.find(({ kind, metadata }) => kind === wanted && !metadata.name.endsWith('-remove-sockets'));
  if (found === undefined) throw new Error(`the chart has no ${wanted}`);
  // The edge of the harness: our own chart.
  return (found['spec'] as { readonly template: Template }).template;
}
