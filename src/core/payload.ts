import { type JsonValue, parseJson } from './go-json.ts';
import { problemsError } from './problem.ts';
import type { SecretBytes } from './secret-bytes.ts';
import { parseVaultAnswer, type VaultAnswer } from './vault-answer.ts';

/** An answer of a store, read at most once in each form that objects select from. */
export class Payload {
  readonly bytes: SecretBytes;
  #answer: VaultAnswer | undefined;
  /** `null` once the text turned out to be no JSON. */
  #json: { readonly value: JsonValue } | null | undefined;

  constructor(bytes: SecretBytes) {
    this.bytes = bytes;
  }

  /** Throws SecretError VAULT_ANSWER_INVALID. */
  vaultAnswer(): VaultAnswer {
    if (this.#answer) return this.#answer;
    const parsed = parseVaultAnswer(this.bytes.reveal().toString());
    if (!parsed.ok) throw problemsError(parsed.problems);
    this.#answer = parsed.value;
    return parsed.value;
  }

  /** Undefined: the value is no JSON. */
  json(): JsonValue | undefined {
    if (this.#json === undefined) this.#json = this.#parse();
    return this.#json?.value;
  }

  #parse(): { readonly value: JsonValue } | null {
    try {
      return { value: parseJson(this.bytes.reveal().toString()) };
    } catch {
      // What is wrong with it could quote it.
      return null;
    }
  }
}
