import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { controllerFlags } from '../../src/config/controller-flags.ts';
import type { ApiClient } from '../../src/kube/client/api-client.ts';
import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { loadUserKubeConfig } from '../../src/kube/client/user-kube-config.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { patchTemplate } from '../../src/rollout/workloads/patch-template.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { kubectl } from './harness/kubectl.ts';

type Annotations = Readonly<Record<string, string>> | undefined;

interface Workload {
  readonly metadata: { readonly generation: number; readonly uid: string };
  readonly spec: { readonly template: { readonly metadata: { readonly annotations?: Annotations } } };
}

const stamp = { 'lockstep.dev/secret-hashes': 'kid=0;db=1' };
const serverSide = ['apply', '--server-side', '--force-conflicts'];
/** How the tools write: kubectl plays them, under their names. */
const tools = [
  { tool: 'Argo CD', apply: ['apply'] },
  { tool: 'Argo CD with ServerSideApply=true', apply: [...serverSide, '--field-manager=argocd-controller'] },
  { tool: 'Flux', apply: [...serverSide, '--field-manager=kustomize-controller'] },
];
const templates: readonly { what: string; annotations: Annotations }[] = [
  { what: 'no annotations', annotations: undefined },
  { what: 'annotations of its own', annotations: { team: 'shop' } },
];

apiE2e('GitOps tools leave our annotation on a pod template alone', 'gitops-templates', (stand) => {
  let dir: string;
  let client: ApiClient;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'lockstep-gitops-'));
    const config = loadUserKubeConfig({ file: stand().cluster.kubeconfig, defaults: [] });
    client = createApiClient(config, { clock: systemClock, metrics: createMetrics() });
  });
  afterAll(async () => {
    await client?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it.for(tools.flatMap((tool) => templates.map((template) => ({ ...tool, ...template }))))(
    '$tool, with $what in Git',
    async ({ tool, apply, what, annotations }) => {
      const name = `${tool} ${what}`.toLowerCase().replaceAll(/[^a-z]+/g, '-');
      await run(apply, deployment(name, 'app:1', annotations));
      await rollOut(name);
      const stamped = await read(name);
      expect(annotationsOf(stamped)).toEqual({ ...annotations, ...stamp });

      await run(apply, deployment(name, 'app:1', annotations));
      expect((await read(name)).metadata.generation).toBe(stamped.metadata.generation);

      await run(apply, deployment(name, 'app:2', annotations));
      const released = await read(name);
      expect(released.metadata.generation).toBe(stamped.metadata.generation + 1);
      expect(annotationsOf(released)).toEqual({ ...annotations, ...stamp });
    },
  );

  it('but for what replaces whole objects', async () => {
    await run(['apply'], deployment('replaced', 'app:1', undefined));
    await rollOut('replaced');
    await run(['replace'], deployment('replaced', 'app:1', undefined));
    expect(annotationsOf(await read('replaced'))).toBeUndefined();
  });

  async function rollOut(name: string): Promise<void> {
    const { uid } = (await read(name)).metadata;
    const workload = { kind: 'Deployment', namespace: stand().namespace, name, uid } as const;
    const fieldManager = controllerFlags.rolloutFieldManager.fallback;
    await patchTemplate(workload, stamp, { client, fieldManager }, { signal: new AbortController().signal });
  }

  async function run(command: readonly string[], object: object): Promise<void> {
    const file = join(dir, 'manifest.yaml');
    writeFileSync(file, stringify(object));
    const { cluster, namespace } = stand();
    const { code, output } = await kubectl(cluster.kubeconfig, ...command, `--namespace=${namespace}`, '-f', file);
    expect({ code, output }).toEqual({ code: 0, output: expect.not.stringContaining('Error') });
  }

  async function read(name: string): Promise<Workload> {
    return await stand().kube.call('GET', `/apis/apps/v1/namespaces/${stand().namespace}/deployments/${name}`);
  }
});

function annotationsOf({ spec }: Workload): Annotations {
  return spec.template.metadata.annotations;
}

function deployment(name: string, image: string, annotations: Annotations): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: { containers: [{ name: 'app', image }] } },
    },
  };
}
