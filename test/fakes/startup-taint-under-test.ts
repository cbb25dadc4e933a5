import { setImmediate } from 'node:timers/promises';

import { createStartupTaint } from '../../src/controller/startup-taint/startup-taint.ts';
import { fence } from '../../src/kube/election/fence.ts';
import { Terms } from '../../src/kube/election/terms.ts';
import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { membersOf, resources } from '../../src/kube/objects.ts';
import type { Component } from '../../src/platform/lifecycle.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { FakeClock } from './clock.ts';
import { CountedCalls } from './counted-client.ts';
import { FakeKube } from './kube-server.ts';

export const startupTaint = { key: 'example.com/not-ready', effect: 'NoSchedule' };
const labels = { app: 'provider' };
export const namespace = 'lockstep-system';
const { signal: forever } = new AbortController();
const stepMs = 500;

export interface PodParts {
  readonly node?: string;
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly isTerminating?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The part of the controller that removes startup taints; fake are the API server (on a socket), time, and who leads. */
export class StartupTaintUnderTest implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly metrics = createMetrics();
  readonly terms: Terms;
  readonly kube: FakeKube;
  /** Of the log. */
  readonly lines: Line[] = [];
  /** False while the lease has run out, though the term is not over. */
  holdsLease = true;
  readonly #calls = new CountedCalls();
  readonly #components: readonly Component[];
  readonly #close: () => Promise<void>;
  #witnesses = 0;

  private constructor(kube: FakeKube) {
    this.kube = kube;
    const { clock, metrics } = this;
    const write = (line: string): void => void this.lines.push(JSON.parse(line) as Line);
    const logger = createLogger({ level: 'info', format: 'json', write });
    this.terms = new Terms({ logger, metrics });
    const election = {
      holds: () => this.terms.isOn && this.holdsLease,
      onTerm: this.terms.onTerm.bind(this.terms),
    };
    const client = createApiClient(kube.config, { clock, metrics });
    this.#close = () => client.close();
    this.#components = createStartupTaint({
      client: fence(this.#calls.wrap(client), election),
      election,
      clock,
      logger,
      metrics,
      random: () => 0.5,
      options: { key: startupTaint.key, namespace, providerSelector: 'app=provider' },
    });
  }

  /** With what stands there before it begins; leading unless told otherwise. */
  static async start(
    prepare: (under: StartupTaintUnderTest) => void = () => undefined,
    { leads = true } = {},
  ): Promise<StartupTaintUnderTest> {
    const under = new StartupTaintUnderTest(await FakeKube.start());
    prepare(under);
    if (leads) under.terms.begin();
    for (const component of under.#components) await component.start(forever);
    return under;
  }

  putNode(name: string, taints: readonly object[] | undefined = [startupTaint]): void {
    this.kube.put(resources.nodes, { metadata: { name }, spec: { podCIDR: '10.0.0.0/24', taints } });
  }

  /** A pod of the provider, ready on the node of its name unless told otherwise. */
  putPod(name: string, { node = name, ready = 'True', isTerminating = false, ...parts }: PodParts = {}): void {
    const metadata = { namespace, labels, name, ...parts };
    const deletionTimestamp = isTerminating ? '2026-01-01T00:00:00Z' : undefined;
    this.kube.put(resources.pods, {
      metadata: { ...metadata, ...(deletionTimestamp && { deletionTimestamp }) },
      spec: { nodeName: node },
      status: {
        conditions: [
          { type: 'Initialized', status: 'True' },
          { type: 'Ready', status: ready },
        ],
      },
    });
  }

  taints(node: string): unknown {
    return membersOf(this.kube.get(resources.nodes, undefined, node)?.['spec'])['taints'];
  }

  /** Patches of nodes, by name, in the order of their arrival. */
  get patched(): readonly string[] {
    return this.kube.requests.flatMap(
      ({ verb, plural, name }) => (verb === 'patch' && plural === 'nodes' && name) || [],
    );
  }

  /** Lines of a level. */
  logged(level: string): readonly Line[] {
    return this.lines.filter((line) => line.level === level);
  }

  async removed(): Promise<number | undefined> {
    return (await this.metrics.startupTaintsRemoved.get()).values[0]?.value;
  }

  /** Nodes that wait for a worker. */
  async queued(): Promise<number> {
    const { values } = await this.metrics.queueDepth.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** Until the node carries no taint of ours. */
  async untainted(node: string): Promise<void> {
    await until(() => !JSON.stringify(this.taints(node) ?? []).includes(`"${startupTaint.key}"`), `${node} is tainted`);
    await this.settled();
  }

  /** Until everything that was put there before was seen, and a node that came after it is done. */
  async seen(): Promise<void> {
    const witness = `witness-${++this.#witnesses}`;
    this.putPod(witness);
    this.putNode(witness);
    await this.untainted(witness);
  }

  /** Both watches are open, with everything listed. */
  async watching(): Promise<void> {
    const isOpen = (plural: string): boolean => this.kube.count({ verb: 'watch', plural }) > 0;
    await until(() => isOpen('nodes') && isOpen('pods'), 'nothing is watched');
    await this.settled();
  }

  /** Time passes, and whatever is due happens when it is due. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(left, stepMs));
      await this.settled();
    }
  }

  async stop(): Promise<void> {
    for (const component of this.#components.toReversed()) await component.stop(AbortSignal.abort());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.terms.end('it stops');
    await this.#close();
    await this.kube[Symbol.asyncDispose]();
  }

  /** No call is under way, and none follows. */
  async settled(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 3; before = this.#calls.total) {
      await setImmediate();
      quiet = this.#calls.open === 0 && before === this.#calls.total ? quiet + 1 : 0;
    }
  }
}

/** Of the machine's own time: what has not happened by then never will. */
const patienceMs = 10_000;

async function until(isSo: () => boolean, why: string): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`still ${why}`);
    await setImmediate();
  }
}
