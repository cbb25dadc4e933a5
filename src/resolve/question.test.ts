import { describe, expect, it } from 'vitest';

import { plannedObject } from '../../test/fakes/planned-object.ts';
import { planFor, podCaller, refOf } from '../../test/fakes/resolver-under-test.ts';
import type { Caller } from '../core/caller.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { toAsker, toQuestions } from './question.ts';

const versionKey = SecretBytes.from(new Uint8Array(32));
const approle = plannedObject({ ref: refOf({}, { auth: { method: 'approle', mount: 'approle', roleId: '' } }) });

describe('toQuestions', () => {
  it('asks equal requests once, in the order of their first objects', () => {
    const [a, b] = ['a', 'b'].map((path) => plannedObject({ name: path, path, ref: refOf({ path: `/v1/${path}` }) }));
    const again = plannedObject({ name: 'again', path: 'again', ref: refOf({ path: '/v1/a' }) });
    const caller = podCaller('web-1');
    const objects = [a, b, again].filter((object) => object !== undefined);

    const questions = toQuestions(planFor(caller, { objects }), toAsker(caller, versionKey));

    expect(questions.map((question) => question.objects)).toEqual([[a, again], [b]]);
  });

  const secrets = { role_id: 'r', secret_id: 's' };

  it.for([
    { name: 'the same in another order', other: { secret_id: 's', role_id: 'r' }, isEqual: true },
    { name: 'another value', other: { role_id: 'r', secret_id: 'x' }, isEqual: false },
    { name: 'another name', other: { role_id: 'r', secret: 's' }, isEqual: false },
    { name: 'one less', other: { secret_id: 's' }, isEqual: false },
    { name: 'values swapped', other: { role_id: 's', secret_id: 'r' }, isEqual: false },
    { name: 'the border between them moved', other: { role_id: 'rs', secret_id: '' }, isEqual: false },
  ])('tells logins apart that bring secrets of their own: $name', ({ other, isEqual }) => {
    expect(keysOf(withSecrets(other))).toSatisfy((keys) => (keys === keysOf(withSecrets(secrets))) === isEqual);
  });

  it('does not show the secrets', () => {
    expect(keysOf(withSecrets({ secret_id: 'canary-5a17' }))).not.toContain('canary');
  });

  it('does not look at secrets that the login does not use, unless a person asks', () => {
    const [pod, other] = [withSecrets({}), withSecrets({ token: 't' })];
    const plain = [plannedObject()];

    expect(keysOf(other, plain)).toBe(keysOf(pod, plain));
    expect(keysOf({ ...other, kind: 'operator' }, plain)).not.toBe(keysOf({ ...pod, kind: 'operator' }, plain));
  });
});

function withSecrets(secrets: Readonly<Record<string, string>>): Caller {
  const entries = Object.entries(secrets).map(([name, value]) => [name, SecretBytes.from(value)] as const);
  return podCaller('web-1', { secrets: new Map(entries) });
}

function keysOf(caller: Caller, objects = [approle]): string {
  const questions = toQuestions(planFor(caller, { objects }), toAsker(caller, versionKey));
  return questions.map(({ podKey, accountKey, store }) => [podKey, accountKey, store].join('\n')).join('\n');
}
