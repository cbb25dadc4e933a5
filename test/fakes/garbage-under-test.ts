import { collectGarbage, type SweepReport, type SweepRequest } from '../../src/rollout/versions/collect-garbage.ts';
import { rolloutNames } from '../../src/rollout/names.ts';
import type { SourceState } from '../../src/rollout/versions/plan-sweep.ts';
import { versionSource, VersionsUnderTest } from './versions-under-test.ts';

const hour = 3_600_000;

export interface RoundOptions extends Partial<SweepRequest> {
  readonly signal?: AbortSignal;
}

/** Three versions of `shop/db`, an hour after one another and the last one an hour ago, and rounds of their collection. */
export class GarbageUnderTest {
  /** Names, the oldest first. */
  readonly old: readonly [string, string, string];
  readonly #test: VersionsUnderTest;

  private constructor(test: VersionsUnderTest, old: GarbageUnderTest['old']) {
    this.#test = test;
    this.old = old;
  }

  static async start(): Promise<GarbageUnderTest> {
    const test = await VersionsUnderTest.start();
    const keep = async (password: string): Promise<string> => {
      const { name } = await test.ensure(versionSource(password));
      await test.clock.advance(hour);
      return name;
    };
    return new GarbageUnderTest(test, [await keep('a'), await keep('b'), await keep('c')]);
  }

  get kube(): VersionsUnderTest['kube'] {
    return this.#test.kube;
  }

  get clock(): VersionsUnderTest['clock'] {
    return this.#test.clock;
  }

  /** The source has the content of the first one again. */
  async comeBack(): ReturnType<VersionsUnderTest['ensure']> {
    return await this.#test.ensure(versionSource('a'));
  }

  /** One round. Undefined: the source is given up. */
  async sweep(state: SourceState | undefined, options: RoundOptions = {}): Promise<SweepReport> {
    const { signal = new AbortController().signal, ...change } = options;
    const sources = new Map(state === undefined ? [] : [['db', state]]);
    return await collectGarbage({ namespace: 'shop', sources, ...change }, this.#test, { signal });
  }

  /** Two rounds, an hour after one another: marks and sweeps. */
  async sweepTwice(state: SourceState | undefined, options?: RoundOptions): Promise<SweepReport> {
    await this.sweep(state, options);
    await this.clock.advance(hour);
    return await this.sweep(state, options);
  }

  /** Names of all Secrets. */
  get left(): readonly string[] {
    return this.#test.all().map(({ metadata }) => metadata.name);
  }

  /** Of the three. */
  get marks(): readonly (string | undefined)[] {
    return this.old.map((name) => this.markOf(name));
  }

  markOf(name: string): string | undefined {
    return this.#test.get(name)?.metadata.annotations?.[rolloutNames.unreferencedSince];
  }

  /** What was sent besides reads. */
  get writes(): readonly string[] {
    return this.kube.calls.filter((call) => /^(patch|delete|create|update|apply)/.test(call));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#test[Symbol.asyncDispose]();
  }
}
