import { type Decision, decideWorkload, type Patch } from '../../src/rollout/decide.ts';
import type { LedgerEntry } from '../../src/rollout/ledger.ts';
import type { RolloutMode } from '../../src/rollout/workloads/mode-label.ts';
import { rolloutNames } from '../../src/rollout/names.ts';
import type { DesiredVersion, Facts } from '../../src/rollout/sight.ts';
import { toTemplateAnnotations } from '../../src/rollout/workloads/template-annotations.ts';
import { readingKeys, workloadOf } from './workloads.ts';

/**
 * One workload that uses Secrets of one SecretProviderClassSync, its ledger entry, and what people, GitOps tools and crashes do
 * to them. Contents of Secrets are numbers.
 */
export class RolloutWorld {
  mode: RolloutMode = 'Restart';
  keyId = 'aaaaaaaa';
  now = Date.parse('2026-01-01T00:00:00Z');
  ledger: LedgerEntry | undefined;
  /** How often the pods were started anew by us. */
  rollouts = 0;
  readonly contents = new Map<string, number | undefined>([['db', 1]]);

  #uid = 'web-1';
  #generation = 1;
  #usedKey = 'user';
  #annotations: Readonly<Record<string, string>> = {};
  readonly #revisions: Readonly<Record<string, string>>[] = [{}];

  get facts(): Facts {
    const desired = new Map([...this.contents].map(([name, content]) => [name, toVersion(name, content)] as const));
    const workload = workloadOf('Deployment', {
      metadata: { uid: this.#uid, generation: this.#generation },
      pod: readingKeys('db', this.#usedKey),
      annotations: this.#annotations,
    });
    return { workload, mode: this.mode, desired, ledger: this.ledger, keyId: this.keyId, now: this.now };
  }

  /** Our annotations as they stand on the template. */
  get annotations(): Readonly<Record<string, string>> {
    return this.#annotations;
  }

  decide(): Decision {
    return decideWorkload(this.facts);
  }

  /** Decides, does it and records it; what has to wait is waited for, and decided anew then. */
  step(): Decision {
    const decision = this.decide();
    switch (decision.kind) {
      case 'current':
      case 'stale':
      case 'conflict':
        break;
      case 'forget':
        this.ledger = undefined;
        break;
      case 'reverted':
        if (decision.dueAt > this.now) {
          this.now = decision.dueAt;
          return this.step();
        }
        this.patch(decision.patch);
        break;
      case 'stamp':
        this.patch(decision.patch);
        break;
      case 'baseline':
      case 'rebaseline':
      case 'adopt-ledger':
      case 'notify':
      case 'held':
        this.ledger = decision.ledger;
        break;
    }
    return decision;
  }

  patch(patch: Patch, { isRecorded = true }: { readonly isRecorded?: boolean } = {}): void {
    const { workload, desired } = this.facts;
    const mode = this.mode === 'Pin' ? 'Pin' : 'Restart';
    const change = { mode, tracked: desired.keys(), entries: patch.entries } as const;
    this.rollouts++;
    this.write(toTemplateAnnotations(workload, [change], this.keyId));
    if (isRecorded) this.ledger = { ...patch.ledger, generation: this.#generation };
  }

  /** Somebody writes the template, with these annotations of ours. */
  write(annotations: Readonly<Record<string, string>>): void {
    this.#annotations = annotations;
    this.#revisions.push(annotations);
    this.#generation++;
  }

  /** `kubectl rollout undo`, so many revisions back. */
  undo(steps = 1): void {
    this.write(this.#revisions.at(-1 - steps) ?? {});
  }

  /** A person makes the pods use another key. */
  edit(usedKey: string): void {
    this.#usedKey = usedKey;
    this.#generation++;
  }

  /** Deleted, and made again from the same manifest. */
  recreate(): void {
    this.#uid = `${this.#uid}1`;
    this.#generation = 1;
    this.#annotations = {};
  }

  /** A watch that has not brought our last change yet. */
  before(change: () => void): Decision {
    const { workload } = this.facts;
    change();
    return decideWorkload({ ...this.facts, workload });
  }

  get stamp(): string | undefined {
    return this.#annotations[rolloutNames.hashes];
  }

  get pin(): string | undefined {
    return this.#annotations[rolloutNames.pins];
  }
}

/** A world in which the Secret changed once since the workload was first seen, and was rolled out. */
export function rolledOut(mode: 'Restart' | 'Pin' = 'Restart'): RolloutWorld {
  const world = new RolloutWorld();
  world.mode = mode;
  world.step();
  world.contents.set('db', 2);
  world.step();
  return world;
}

/** What is decided in so many steps. */
export function kindsOf(world: RolloutWorld, steps: number): readonly string[] {
  return Array.from({ length: steps }, () => world.step().kind);
}

/** 12 characters that tell contents apart. */
export function hashFor(content: number): string {
  return String(content).padStart(12, '0');
}

function toVersion(name: string, content: number | undefined): DesiredVersion | undefined {
  if (content === undefined) return undefined;
  return { usedHash: hashFor(content), versionName: `${name}-${hashFor(content)}` };
}
