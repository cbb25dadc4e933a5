import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createReplica, type Replica } from '../../../test/fakes/replica.ts';
import { ScriptedKubeWrites } from '../../../test/fakes/scripted-kube-writes.ts';
import { SecretError } from '../../core/errors.ts';
import { untilAborted } from '../../platform/until-aborted.ts';

const names = ['one', 'two', 'three'];
const outage = new SecretError('KUBE_TIMEOUT', 'no answer in time');

/** What befalls a replica for so many half seconds. */
interface Trouble {
  readonly kind: 'frozen' | 'refused' | 'unheard' | 'hanging' | 'dated';
  readonly victim: number;
  readonly steps: number;
}

const trouble = fc.record<Trouble>({
  kind: fc.constantFrom('frozen', 'refused', 'unheard', 'hanging', 'dated'),
  victim: fc.nat({ max: names.length - 1 }),
  steps: fc.integer({ min: 1, max: 60 }),
});

/** A way to the API server that can be disturbed for one replica alone. */
class Line extends ScriptedKubeWrites {
  trouble: Trouble['kind'] | undefined;

  constructor(server: ScriptedKubeWrites) {
    super();
    // The objects and their versions are those of the server.
    this.get = (...call) => this.#pass(call[2].signal, () => server.get(...call));
    this.create = (...call) => this.#pass(call[2].signal, () => server.create(...call));
    this.update = (...call) => this.#pass(call[2].signal, () => server.update(...call));
  }

  async #pass<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    if (this.trouble === 'refused') throw outage;
    if (this.trouble === 'hanging') return await untilAborted(new Promise<T>(() => {}), signal);
    const answer = await call();
    if (this.trouble === 'unheard') throw outage;
    return answer;
  }
}

it('whatever befalls them, no two replicas lead at a time, and one of them leads soon after', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 8 }), async (troubles) => {
      const server = new ScriptedKubeWrites();
      const lines = names.map(() => new Line(server));
      const replicas = names.map((name, index) => createReplica(name, { client: lines[index] ?? new Line(server) }));
      for (const { start } of replicas) await start();

      const step = async (frozen?: Replica): Promise<void> => {
        for (const replica of replicas) {
          if (replica === frozen) replica.clock.freeze(500);
          else await replica.clock.advance(500);
          expect(replicas.filter(({ holds }) => holds()).length).toBeLessThan(2);
        }
      };
      for (const { kind, victim, steps } of troubles) {
        const line = lines[victim];
        if (line) line.trouble = kind;
        if (kind === 'dated') replicas[victim]?.clock.jump(steps * 3_600_000);
        for (let count = 0; count < steps; count++) await step(kind === 'frozen' ? replicas[victim] : undefined);
        if (line) line.trouble = undefined;
      }
      for (let count = 0; count < 50; count++) await step();

      expect(replicas.filter(({ holds }) => holds())).toHaveLength(1);
      for (const { stop } of replicas) await stop();
    }),
    { numRuns: 40 },
  );
});
