import type { Problem } from '../core/problem.ts';
import type { ObjectRemark } from './class-dialect.ts';
import type { YamlNode, YamlScalar } from './yaml-node.ts';

/** Collects what is wrong and what is unlikely while a document is read, and bounds the work that aliases can cause. */
export class YamlReading {
  readonly problems: Problem[] = [];
  readonly remarks: ObjectRemark[] = [];
  #budget: number;

  /** `budget`: characters and nodes that may be visited, each as often as aliases repeat it. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** False once the document has been read more often than it is long: whoever asks must stop. */
  visit(node: YamlNode): boolean {
    this.#budget -= 1 + (node.kind === 'scalar' ? node.text.length : 0);
    return this.#budget >= 0;
  }

  get exhausted(): boolean {
    return this.#budget < 0;
  }
}

/** A place in a document: where problems found there are filed. */
export interface YamlPlace {
  /** `objects[2].filePermission`. */
  readonly path: string;
  readonly reading: YamlReading;
}

export function under(place: YamlPlace, field: string): YamlPlace {
  return { ...place, path: `${place.path}.${field}` };
}

export function complain(place: YamlPlace, node: YamlNode, message: string): void {
  place.reading.problems.push({ path: place.path, line: node.line, message });
}

const maxShown = 60;

/** A scalar for messages, quoted and bounded. */
export function show({ text }: YamlScalar): string {
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
}
