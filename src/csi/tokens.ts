import { parseJson } from '../core/go-json.ts';
import { goField, goPointer } from '../core/go-struct.ts';
import { decodeAt, goMap, goSecret, goString, type Place } from '../core/go-type.ts';
import type { Problem } from '../core/problem.ts';
import { SecretBytes } from '../core/secret-bytes.ts';

/** The attribute, or key of the secrets, that holds the pod's tokens as JSON text. */
export const tokensKey = 'csi.storage.k8s.io/serviceAccount.tokens';

// Parity: the expiration is not used, but one that is no string is refused; names of members in any case.
const tokensType = goMap(
  goPointer({ token: goField('token', goSecret), expiration: goField('expirationtimestamp', goString) }),
);

/** Tokens by audience. No text, `null` and empty tokens give none. Problems never quote the text. */
export function parseTokens(text: string, problems: Problem[]): ReadonlyMap<string, SecretBytes> {
  const place: Place = { path: tokensKey, problems: [] };
  const entries = text === '' ? [] : decodeEntries(text, place);
  problems.push(...place.problems.map((problem): Problem => ({ ...problem, code: 'REQUEST_INVALID' })));
  return new Map(entries);
}

function decodeEntries(text: string, place: Place): [audience: string, token: SecretBytes][] {
  try {
    const entries = decodeAt(tokensType, parseJson(text), place, '') ?? new Map<string, never>();
    return [...entries].flatMap(([audience, entry]) =>
      entry && entry.token.size > 0 ? [[audience, entry.token]] : [],
    );
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'unreadable';
    place.problems.push({ path: tokensKey, message: `must be a JSON object of tokens by audience: ${reason}` });
    return [];
  }
}
