import { isJsonObject, type JsonValue, parseJson } from '../core/go-json.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { tokensKey } from './tokens.ts';

export interface DriverSecrets {
  /** The Secret of nodePublishSecretRef, by key. */
  readonly secrets: ReadonlyMap<string, SecretBytes>;
  /** The pod's tokens when CSIDriver.spec.serviceAccountTokenInSecrets puts them here; else empty. */
  readonly tokensText: string;
}

/**
 * The driver sends an object of strings, or `null` when the pod names no Secret.
 * Parity: a text of any other kind counts as no secrets, because the official provider does not read it at all.
 */
export function parseSecrets(text: string): DriverSecrets {
  const secrets = new Map<string, SecretBytes>();
  let tokensText = '';
  const json = parseOrNull(text);
  for (const [key, value] of isJsonObject(json) ? json : []) {
    if (typeof value !== 'string') continue;
    if (key === tokensKey) tokensText = value;
    else secrets.set(key, SecretBytes.from(value));
  }
  return { secrets, tokensText };
}

function parseOrNull(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
