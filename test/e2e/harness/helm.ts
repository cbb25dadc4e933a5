import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { serverDir } from '../../servers/build.ts';
import type { KubeObject } from './kube-api.ts';
import type { Finished } from './kubectl.ts';

export const chartDir = join(import.meta.dirname, '../../../deploy/charts/lockstep');

/** The real helm; a kubeconfig is for the commands that need a cluster. Nothing of the caller's settings reaches it. */
export async function helm(kubeconfig: string | undefined, ...args: readonly string[]): Promise<Finished> {
  const home = kubeconfig === undefined ? '/nonexistent' : dirname(kubeconfig);
  const env = { PATH: process.env['PATH'], HOME: home, ...(kubeconfig && { KUBECONFIG: kubeconfig }) };
  return await new Promise((resolve, reject) => {
    const maxBuffer = 16 * 1024 * 1024;
    execFile(join(serverDir('helm'), 'helm'), args, { env, maxBuffer }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, output: stdout + stderr });
      else reject(error ?? new Error('helm has no exit code'));
    });
  });
}

/** A copy of a chart for any Kubernetes: an API server that is built from its module does not know its version. */
export function copyChart(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const about = join(to, 'Chart.yaml');
  writeFileSync(about, readFileSync(about, 'utf8').replace(/^kubeVersion: .*$/m, ''));
}

export interface Rendering {
  readonly namespace: string;
  /** As `--set` takes them. */
  readonly values: readonly string[];
  readonly release?: string;
  /** Of the cluster that it is rendered for. */
  readonly kubernetes?: string;
}

/** What the chart becomes, hooks included. Throws with helm's own words. */
export async function renderChart(rendering: Rendering): Promise<string> {
  const { code, output } = await tryRender(rendering);
  if (code !== 0) throw new Error(output);
  return output;
}

export async function tryRender(rendering: Rendering): Promise<Finished> {
  const { namespace, values, release = 'lockstep', kubernetes = '1.36.0' } = rendering;
  const sets = values.flatMap((value) => ['--set', value]);
  const cluster = `--kube-version=${kubernetes}`;
  return await helm(undefined, 'template', release, chartDir, `--namespace=${namespace}`, cluster, ...sets);
}

export function readRendered(text: string): readonly KubeObject[] {
  // The edge of the harness: our own manifests.
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
