import * as z from 'zod';

/** Of several words in a CRD, the first one being meant where nothing is said. */
export function word<const T extends readonly [string, ...string[]]>(words: T) {
  return z
    .enum(words, `must be one of ${words.join(', ')}`)
    .nullish()
    .transform((given): T[number] => given ?? words[0]);
}
