import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { statusOf } from './harness/image/container-process.ts';
import { imageE2e } from './harness/image/image-e2e.ts';
import { Installation } from './harness/installation.ts';
import type { KubeObject } from './harness/kube-api.ts';
import { kubectl } from './harness/kubectl.ts';
import { Kwok } from './harness/kwok.ts';
import type { PlayedPod } from './harness/node/played-pod.ts';
import { readPod } from './harness/node/pod-plan.ts';
import { anonymousMib } from './harness/process-figures.ts';
import { RolledWorkload } from './harness/rollout-workload.ts';
import type { Stand } from './harness/stand.ts';
import { oneObject, oneSecret, Tenant } from './harness/tenant.ts';
import { until } from './harness/until.ts';
import { republishUntil, type Volume } from './harness/volume.ts';

const slug = 'installation';
const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretproviderclasssyncs.lockstep.dev';

/**
 * What a newcomer's cluster has, on one machine: the chart, installed by helm, whose pods run from the image, with the rights of
 * the chart alone. There is neither scheduler nor kubelet: harness/node plays them. Not played are names (DNS), network policies
 * beyond what `PodNetwork` says, eviction, and starting a container again: the suite fails where one would be.
 */
imageE2e('An installation of the chart', slug, (world) => {
  const stand = (): Stand => world().stand;
  let installation: Installation;
  let tenant: Tenant;
  let kwok: Kwok;
  let web: RolledWorkload;
  let volume: Volume;
  const seconds = { firstMount: 0, all: 0 };
  beforeAll(async () => {
    const { kube, run } = stand();
    kwok = await Kwok.start(run, `${slug}-node`);
    installation = await Installation.start(world());
    // Neither store nor address: that is what the chart's values say.
    tenant = new Tenant(slug, kube, { roleName: 'app', refreshInterval: '1s' });
  });
  afterAll(async () => {
    await installation?.close();
    await kwok?.stop();
  });

  const secretPath = `/api/v1/namespaces/${slug}/secrets/shop`;
  const keyPath = (): string => `/api/v1/namespaces/${installation.namespace}/secrets/lockstep-version-key`;
  const find = (path: string): Promise<KubeObject | undefined> => stand().kube.find<KubeObject>(path);
  /** Until it works, or until it never will. */
  const tryMount = async (mounted: Volume): Promise<boolean> => {
    const { problems } = installation.kubelet;
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return await mounted.publish().then(
      () => true,
      () => false,
    );
  };
  const one = (component: string): PlayedPod => {
    const [pod] = installation.kubelet.running(component);
    if (pod === undefined) throw new Error(`no pod of ${component} runs`);
    return pod;
  };
  /** What nobody may touch while nothing has changed. */
  const look = async () => ({
    key: await find(keyPath()),
    secret: await find(secretPath),
    versions: await volume.versions(),
    restarts: await web.changes(),
  });

  it('is ready with helm, and serves a mount through the driver', async () => {
    const value = await stand().putSecret('shop');
    // Two classes: this driver keeps the secretObjects of what is mounted too, as nobody takes the right from it.
    await tenant.putClass('files', { objects: oneObject('shop') });
    await tenant.putClass('shop', { objects: oneObject('shop'), secretObjects: oneSecret('shop') });
    volume = await stand().createVolume('files');
    const startedAt = performance.now();
    // As kubelet tries again: the pod was there before the provider.
    const mounting = until(() => tryMount(volume), { what: 'the first mount', timeoutMs: 120_000 });
    const installing = installation.install('controller.enabled=true', 'rollouts.enabled=true');
    const [said] = await Promise.all([
      installing.finally(() => (seconds.all = (performance.now() - startedAt) / 1000)),
      mounting.then(() => (seconds.firstMount = (performance.now() - startedAt) / 1000)),
    ]);

    expect(said).toContain('STATUS: deployed');
    expect(volume.read('a')).toBe(value);
    expect(installation.kubelet.pods.map(({ component }) => component).toSorted()).toEqual([
      'controller',
      'controller',
      'provider',
      'version-key',
    ]);
    await until(() => one('provider').output.includes('region of the node learned'), { what: 'the node to be read' });
    expect(statusOf(one('provider').pid)).toMatchObject({ Uid: '0', CapEff: '0000000000000000', Seccomp: '2' });
    expect(statusOf(one('controller').pid)).toMatchObject({ Uid: '65532', CapEff: '0000000000000000', Seccomp: '2' });
  });

  it('leaves nothing out that a pod asks for: a member that is not played is a problem', async () => {
    const { name } = one('provider').plan.metadata;
    const pod = await find(`/api/v1/namespaces/${installation.namespace}/pods/${name}`);
    const asking = { ...pod, spec: { ...Object(pod?.['spec']), hostNetwork: true } };
    expect(() => readPod(asking)).toThrow(/hostNetwork/);
  });

  it('keeps a Secret; one of two replicas leads', async () => {
    const rollout = { mode: 'Restart', canary: { soak: '0s' } };
    await tenant.putSync('shop', { interval: '1s', rollout });
    const wait = ['wait', '--for=condition=Ready', 'spcsync/shop', '--timeout=60s', `--namespace=${slug}`];

    expect(await kubectl(stand().run.cluster.kubeconfig, ...wait)).toMatchObject({ code: 0 });

    expect(await tenant.readValue('shop')).toBe(volume.read('a'));
    const controllers = installation.kubelet.running('controller');
    const leading = await Promise.all(controllers.map(async (pod) => /^lockstep_leader 1$/m.test(await pod.metrics())));
    expect([leading.length, leading.filter(Boolean).length]).toEqual([2, 1]);
  });

  it('brings a new value into file, Secret and workload, whose pods are replaced once', async () => {
    const { kube } = stand();
    web = await RolledWorkload.create(
      'Deployment',
      'web',
      { uses: ['shop'] },
      { kube, namespace: slug, node: kwok.node },
    );
    await web.run(1);
    await tenant.untilSync('shop', 'to know the workload', ({ status }) => JSON.stringify(status).includes(web.key));
    const value = await stand().putSecret('shop');

    await republishUntil(volume, () => volume.read('a') === value);
    await tenant.value('shop', value);
    await web.annotated('lockstep.dev/secret-hashes');
    await tenant.untilSync('shop', 'to be rolled out', ({ status }) => JSON.stringify(status).includes('"Complete"'));
    expect(await web.changes()).toBe(1);
  });

  it('is upgraded: another flag of the controller replaces the controllers, and touches nothing else', async () => {
    const before = await look();
    const providers = installation.uids('provider');
    const controllers = installation.uids('controller');

    await installation.upgrade('controller.logLevel=debug');
    await until(() => !installation.uids('controller').some((uid) => controllers.includes(uid)), former);

    expect(installation.uids('controller')).toHaveLength(2);
    expect(installation.uids('provider')).toEqual(providers);
    const value = await stand().putSecret('later');
    await tenant.putPair('later', 'later');
    await tenant.value('later', value, 60_000);
    expect(await look()).toEqual(before);
  });

  it('is upgraded: another flag of the provider starts the next one before the present one ends; no mount fails', async () => {
    const before = await look();
    const providers = installation.uids('provider');
    const upgrading = installation.upgrade('provider.logLevel=debug');
    let isDone = false;
    const done = upgrading
      .then(() => until(() => !installation.uids('provider').some((uid) => providers.includes(uid)), former))
      .finally(() => (isDone = true));
    for (; !isDone; await sleep(20)) await volume.publish();
    await done;

    const [first, second, ...others] = installation.kubelet.pods.filter(({ component }) => component === 'provider');
    expect(others).toEqual([]);
    expect(second?.readyAtMs).toBeLessThan(first?.endingAtMs ?? 0);
    const fresh = await stand().createVolume('files');
    await fresh.publish();
    expect(fresh.read('a')).toBe(volume.read('a'));
    expect(await look()).toEqual(before);
    const pods = ['provider', 'controller'].flatMap((component) => installation.kubelet.running(component));
    const memory = pods.map(({ component, pid }) => {
      const resident = (Number(statusOf(pid)['VmRSS']) / 1024).toFixed(0);
      return `${component} ${resident} MiB (${anonymousMib(pid).toFixed(0)} of its own)`;
    });
    const times = `first mount ${seconds.firstMount.toFixed(1)} s and all ready ${seconds.all.toFixed(1)} s after helm install`;
    console.log(`installation: ${times}; resident: ${memory.join(', ')}`);
  });

  it('has asked the API server for nothing that the chart does not allow', () => {
    const requests = installation.requests();
    expect(requests.filter((request) => /: 40[13]$/.test(request))).toEqual([]);
    expect(new Set(requests.map((request) => request.split(' ')[0]))).toEqual(
      new Set(['provider', 'controller', 'version-key'].map((part) => `${slug}-lockstep-${part}`)),
    );
  });

  it('is removed with its sockets; Secret, CRD and version key stay', async ({ onTestFinished }) => {
    onTestFinished(() => installation.close());
    const value = volume.read('a');
    const { key } = await look();

    expect(await installation.uninstall()).toContain('uninstalled');

    expect(readdirSync(stand().providerDir).filter((name) => name.endsWith('.sock'))).toEqual([]);
    expect(await tenant.readValue('shop')).toBe(value);
    expect(await find(crd)).toBeDefined();
    expect(await find(keyPath())).toEqual(key);
    const jobs = installation.requests().filter((request) => request.startsWith(`${slug}-lockstep-remove-sockets `));
    expect(jobs).toEqual([`${slug}-lockstep-remove-sockets get daemonsets: 200`]);
    const daemons = installation.kubelet.pods.filter(({ component }) => /^(provider|controller)$/.test(component));
    expect(await Promise.all(daemons.map(({ exited }) => exited))).toEqual(daemons.map(() => 0));
    expect(installation.kubelet.problems).toEqual([]);
  });
});

/** How long pods may take to end after an upgrade: as long as their grace. */
const former = { what: 'the former pods to end', timeoutMs: 120_000 };
