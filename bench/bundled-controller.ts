import { readImage } from './image.ts';
import { type Measured, startMeasured } from './process.ts';
import { freePort } from '../test/e2e/harness/processes.ts';

export interface BundledControllerOptions {
  readonly kubeconfig: string;
  /** Folder of the bundle. */
  readonly bundle?: string;
  readonly flags?: readonly string[];
}

/** The controller as the image runs it, and what it says of itself. */
export interface BundledController extends Measured {
  /** Sum of a series' samples whose labels contain the text; 0 while nothing is served. */
  readonly read: (series: string, label?: string) => Promise<number>;
}

export async function startBundledController(options: BundledControllerOptions): Promise<BundledController> {
  const { kubeconfig, bundle = 'dist', flags = [] } = options;
  const { flags: nodeFlags, env } = readImage('controller');
  const port = await freePort();
  const own = [`--kubeconfig=${kubeconfig}`, `--metrics-address=127.0.0.1:${port}`, '--log-level=warn'];
  const measured = startMeasured([...nodeFlags, `${bundle}/main.mjs`, 'controller', ...own, ...flags], {
    POD_NAMESPACE: 'default',
    POD_NAME: 'bench',
    ...env,
  });
  return { ...measured, read: (series, label = '') => readMetric(port, series, label) };
}

async function readMetric(port: number, series: string, label: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  const lines = answer.split('\n').filter((line) => line.startsWith(series) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
