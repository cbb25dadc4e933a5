import { randomBytes } from 'node:crypto';

import { findCanary } from '../../fakes/canary.ts';
import type { PublishError } from './kubelet.ts';

/**
 * What a stand showed to anybody: logs, metrics, errors, statuses. Markers are planted as secret values, and every token
 * of the run is one too; `leaks` looks for all of them in everything.
 */
export class Evidence {
  readonly #markers = new Map<string, string>();
  readonly #texts = new Map<string, string[]>();
  readonly #refusals: PublishError[] = [];

  /** A secret value that stands nowhere else. Blanks, quotes and `+/=` make its encoded forms differ from the plain one. */
  newSecret(label: string): string {
    const value = `canary "${label}" ${randomBytes(9).toString('base64')}+/=`;
    this.mark(label, value);
    return value;
  }

  /** A value that was made elsewhere (a token) and must not show either. */
  mark(label: string, value: string): void {
    this.#markers.set(value, label);
  }

  /** A text that somebody could read, under the name of where it was found. */
  add(source: string, text: string): void {
    if (text !== '') this.#texts.set(source, [...(this.#texts.get(source) ?? []), text]);
  }

  addRefusal(error: PublishError): void {
    this.#refusals.push(error);
    this.add('errors of publishes', error.message);
  }

  get markers(): number {
    return this.#markers.size;
  }

  /** Names of what was searched. */
  get sources(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** Statuses that the provider answered the driver, each once. */
  get statuses(): readonly string[] {
    return [...new Set(this.#refusals.flatMap((refusal) => refusal.providerStatus ?? []))];
  }

  /** One line per find: which marker, where, in which form. Empty is the proof. */
  leaks(): readonly string[] {
    const found: string[] = [];
    for (const [source, texts] of this.#texts) {
      const text = texts.join('\n');
      for (const [marker, label] of this.#markers) {
        for (const form of findCanary(text, marker)) found.push(`${source}: ${label} as ${form}`);
      }
      // Whatever looks like a Vault token or a JSON web token is one, planted or not.
      for (const [shape] of text.matchAll(/\bhv[sbr]\.[\w-]{20,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./g)) {
        found.push(`${source}: a token beginning with ${shape.slice(0, 8)}`);
      }
    }
    return found;
  }
}
