import { SecretError } from '../../core/errors.ts';
import { requestKey, type VaultRef } from '../../core/object-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { VaultAnswer } from '../../core/vault-answer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Ask } from './ask.ts';
import { describeCall, type VaultCall, type WireAnswer } from './call.ts';
import type { VaultClient } from './client.ts';
import { authOf } from './credential.ts';
import { emptyAnswerError, readAnswer, toRefusal } from './errors.ts';
import { identityOf } from './identity.ts';
import type { KeptLogin } from './kept-login.ts';
import { ReadRefusals } from './read-refusals.ts';
import type { HeldLogin, Tokens } from './tokens.ts';

export interface ReaderDeps {
  readonly clock: Clock;
  readonly client: VaultClient;
  readonly tokens: Tokens;
}

/** A success with data. Dispose when nothing depends on the login any more, or is holding it by itself. */
export interface Reading extends Disposable {
  /** The JSON text as it came. */
  readonly payload: SecretBytes;
  readonly answer: VaultAnswer;
  readonly login: KeptLogin;
}

/** Rejects with SecretError, or the signal's reason. */
export type Reader = (ask: Ask) => Promise<Reading>;

/**
 * Reads one path. Parity: 403 with a login that worked before leads to one new login and one more try. Kinder to Vault than
 * the official provider: a refusal that a new login did not change causes no other login for a while.
 */
export function createReader(deps: ReaderDeps): Reader {
  const refusals = new ReadRefusals(deps.clock);
  return async (ask) => {
    const key = `${identityOf(ask.ref, ask.caller).pod} ${requestKey(ask.ref)}`;
    using holds = new DisposableStack();
    const call = toReadCall(ask.ref);
    const first = holds.use(await deps.tokens.acquire(ask));
    // Parity: the official provider finds out after the login.
    if (ask.ref.request.unsendable !== undefined) throw unsendableError(ask.ref.request.unsendable, call);
    const answer = await deps.client(withLogin(call, first.login), ask);
    if (answer.status !== 403) {
      refusals.clear(key);
      return finish({ answer, call, login: first.login, holds });
    }
    const refusal = toRefusal(answer, call);
    if (isNew(first.login, deps.clock)) refusals.note(key);
    const isFixed = authOf(ask.ref, ask.caller).method === 'token';
    if (isFixed || !refusals.mayLogIn(key)) throw refusal;
    // Where the token is dead, its leases are too.
    void first.login.probe();
    const second = holds.use(await acquireAnother(ask, first.login, { tokens: deps.tokens, refusal }));
    const again = await deps.client(withLogin(call, second.login), ask);
    if (again.status === 403) refusals.note(key);
    else refusals.clear(key);
    return finish({ answer: again, call, login: second.login, holds });
  };
}

/** The call that reads an object, before anybody is logged in. */
export function toReadCall({ store, request }: VaultRef): VaultCall {
  const { method, path, query, body } = request;
  return { operation: 'read', store, method, path, query, ...(body !== undefined && { body }) };
}

/** A token this young that never worked was not revoked: it is not allowed. */
const youngMs = 10_000;

function unsendableError(reason: string, call: VaultCall): SecretError {
  return new SecretError('VAULT_REQUEST_REFUSED', `${describeCall(call)} ${reason}`);
}

function withLogin(call: VaultCall, { identity, token }: KeptLogin): VaultCall {
  return { ...call, token, ...(identity && { identity }) };
}

function isNew(login: KeptLogin, clock: Clock): boolean {
  return !login.isProven && clock.now() - login.createdAtMs < youngMs;
}

async function acquireAnother(
  ask: Ask,
  refused: KeptLogin,
  { tokens, refusal }: { readonly tokens: Tokens; readonly refusal: SecretError },
): Promise<HeldLogin> {
  try {
    return await tokens.acquire(ask, refused);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    const message = `${error.message} (a new login was tried after ${refusal.message})`;
    throw new SecretError(error.code, message, { cause: error });
  }
}

interface Finish {
  readonly answer: WireAnswer;
  readonly call: VaultCall;
  readonly login: KeptLogin;
  readonly holds: DisposableStack;
}

function finish({ answer, call, login, holds }: Finish): Reading {
  if (answer.status >= 400) throw toRefusal(answer, call);
  login.markProven();
  const parsed = readAnswer(answer, call);
  if (parsed.data === null) throw emptyAnswerError(parsed, call);
  const kept = holds.move();
  return {
    payload: SecretBytes.from(answer.body),
    answer: parsed,
    login,
    [Symbol.dispose]: () => kept.dispose(),
  };
}
