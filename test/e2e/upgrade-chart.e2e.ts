import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { apiE2e } from './harness/api-e2e.ts';
import { replaceCrds } from './harness/apply-manifests.ts';
import { nodeName } from './harness/control-plane.ts';
import { chartDir, copyChart, helm } from './harness/helm.ts';
import type { KubeObject } from './harness/kube-api.ts';
import { PlayedKubelet } from './harness/played-kubelet.ts';
import { previousRelease } from './harness/previous-release.ts';
import { sources } from './harness/daemon.ts';
import { classGroup, syncGroup, Tenant } from './harness/tenant.ts';
import { type ReleaseName, upgradeE2e } from './harness/upgrade-e2e.ts';

const namespace = 'upgrade-chart';
/** Not `lockstep`: the stands have roles of that name. */
const release = 'upgraded';
const job = `${release}-lockstep-version-key`;
/** What an upgrade must not touch. */
const kept = [
  `/api/v1/namespaces/${namespace}/secrets/lockstep-version-key`,
  `/api/v1/namespaces/${namespace}/secrets/kept`,
  `${syncGroup}/namespaces/${namespace}/secretproviderclasssyncs/kept`,
  `${classGroup}/namespaces/${namespace}/secretproviderclasses/kept`,
];
const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretproviderclasssyncs.lockstep.dev';

upgradeE2e((older) => {
  apiE2e('the chart', namespace, (stand) => {
    let kubelet: PlayedKubelet;
    const dir = (): string => join(dirname(stand().cluster.kubeconfig), namespace);
    const chart = (name: ReleaseName): string => join(dir(), name.replace(' ', '-'));
    let before: Awaited<ReturnType<typeof look>>;
    const tenant = (): Tenant => new Tenant(namespace, stand().kube, { roleName: 'app' });
    beforeAll(async () => {
      copyChart(join(older().tree, 'deploy/charts/lockstep'), chart('the older'));
      copyChart(chartDir, chart('the newer'));
      kubelet = new PlayedKubelet(stand(), namespace, dir());
      await stand().kube.call('PATCH', `/api/v1/nodes/${nodeName}`, {
        metadata: { labels: { 'kubernetes.io/os': 'linux' } },
      });
    });
    afterAll(async () => {
      await run('uninstall', '--no-hooks', '--ignore-not-found');
      await stand().kube.remove(tenant().classPath('kept'));
      await replaceCrds(stand().kube);
    });

    async function run(command: string, ...args: readonly string[]): Promise<string> {
      const own = [`--namespace=${namespace}`, '--timeout=90s'];
      const { code, output } = await helm(stand().cluster.kubeconfig, command, release, ...args, ...own);
      if (code !== 0) throw new Error(output);
      return output;
    }

    /** A command that makes the version key first, with the program of its release. */
    async function runWithKey(name: ReleaseName, command: string, ...args: readonly string[]): Promise<void> {
      kubelet.command = name === 'the older' ? older().command : sources;
      const running = run(command, chart(name), ...args);
      const [, { code }] = await Promise.all([running, kubelet.runJob(job)]);
      expect(code).toBe(0);
    }

    /** The CRD itself may be another one. */
    async function look(): Promise<readonly (readonly [path: string, metadata: unknown, status: unknown])[]> {
      const { kube } = stand();
      const seen = await Promise.all(
        kept.map(async (path) => {
          const found = await kube.find<KubeObject>(path);
          return [path, found?.metadata, found?.['status']] as const;
        }),
      );
      return [...seen, [crd, (await kube.find<KubeObject>(crd))?.metadata.uid, undefined]];
    }

    /** Versions that the images of our workloads have. */
    async function images(): Promise<ReadonlySet<string | undefined>> {
      const of = `namespaces/${namespace}`;
      const query = `labelSelector=app.kubernetes.io/instance%3D${release}`;
      const kinds = ['daemonsets', 'deployments'];
      const lists = await Promise.all(
        kinds.map((kind) =>
          stand().kube.call<{ items: readonly Made[] }>('GET', `/apis/apps/v1/${of}/${kind}?${query}`),
        ),
      );
      const made = lists.flatMap(({ items }) => items).flatMap(({ spec }) => spec.template.spec.containers);
      expect(made).toHaveLength(2);
      return new Set(made.map(({ image }) => image.split(':')[1]));
    }

    it('is installed as it was, and somebody uses it', async () => {
      await runWithKey(
        'the older',
        'install',
        '--set=controller.enabled=true,rollouts.enabled=true',
        // The CRD that the suites share is of the newer release.
        '--take-ownership',
        '--force-conflicts',
      );
      expect(await images()).toEqual(new Set([previousRelease.version]));
      await tenant().putForeign('kept', { a: 'b' });
      await tenant().putPair('kept', 'kept', { rollout: { mode: 'Pin', maxConcurrent: '25%' } });
      before = await look();
      expect(before.map(([, metadata]) => metadata)).not.toContain(undefined);
    });

    it('is upgraded with the values that it had: key, CRD and objects stay', async () => {
      await runWithKey('the newer', 'upgrade', '--reset-then-reuse-values');
      const [version, ...others] = await images();
      expect([version === previousRelease.version, others]).toEqual([false, []]);
      expect(await look()).toEqual(before);
    });

    it('is rolled back: they stay too', async () => {
      expect(await run('rollback', '1')).toContain('Rollback was a success');
      expect(await images()).toEqual(new Set([previousRelease.version]));
      expect(await look()).toEqual(before);
    });
  });
});

interface Made {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}
