import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { serverDir } from '../../servers/build.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';

export interface PrometheusOptions {
  readonly runDir: string;
  /** Folder of its own. */
  readonly dir: string;
  /** What is scraped every second: job → `HOST:PORT`. */
  readonly targets: Readonly<Record<string, string>>;
  /** Absolute path of a file with rules, looked at every second. */
  readonly rules: string;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface RuleState {
  readonly name: string;
  readonly health: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly lastError?: string;
}

/** A real Prometheus that scrapes as the ServiceMonitors of the chart say. */
export class Prometheus {
  readonly #process: ServerProcess;
  readonly #address: string;

  private constructor(process: ServerProcess, address: string) {
    this.#process = process;
    this.#address = address;
  }

  /** Resolves when it answers queries. */
  static async start({ runDir, dir, targets, rules }: PrometheusOptions): Promise<Prometheus> {
    mkdirSync(dir, { recursive: true });
    const config = join(dir, 'prometheus.yaml');
    const jobs = Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      honor_labels: true,
      static_configs: [{ targets: [target], labels: { namespace: 'lockstep-system' } }],
    }));
    const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
    writeFileSync(config, stringify({ global, rule_files: [rules], scrape_configs: jobs }));
    const address = `127.0.0.1:${await freePort()}`;
    const daemon = new ServerProcess({
      runDir,
      command: join(serverDir('prometheus'), 'prometheus'),
      args: toFlags({
        'config.file': config,
        'storage.tsdb.path': join(dir, 'data'),
        'web.listen-address': address,
        'log.level': 'warn',
      }),
      log: join(dir, 'prometheus.log'),
    });
    const prometheus = new Prometheus(daemon, `http://${address}`);
    await daemon.ready(async () => (await fetch(`http://${address}/-/ready`)).ok);
    return prometheus;
  }

  /** The answer to an instant query. Throws with Prometheus' own words where it is none. */
  async query(expr: string): Promise<readonly Sample[]> {
    const { result } = await this.#get<QueryData>(`query?query=${encodeURIComponent(expr)}`);
    return result.map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) }));
  }

  /** Every rule that alerts. */
  async rules(): Promise<readonly RuleState[]> {
    const { groups } = await this.#get<RulesData>('rules?type=alert');
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#address}/api/v1/${path}`);
    // The edge of the harness: Prometheus answers what its documentation says.
    const answer = (await response.json()) as { readonly status: string; readonly error?: string; readonly data: T };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }
}

interface QueryData {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

interface RulesData {
  readonly groups: readonly { readonly rules: readonly RuleState[] }[];
}
