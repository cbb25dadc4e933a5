import { type AwsIdentity, type AwsStore, awsIdentityKey } from '../../core/aws-ref.ts';
import { accountKey, type Caller, podKey } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import type { RoleReader } from '../../core/role-reader.ts';
import type { AskAgent } from './agent.ts';
import { assumeRole } from './assume-role.ts';
import { fallsOver, isStale } from './errors.ts';
import { logInWithToken } from './irsa.ts';
import { youngMs } from './limits.ts';
import type { LoginDeps, LoginRequest } from './login.ts';
import { logInThroughAgent } from './pod-identity.ts';
import { checkRegion } from './region.ts';
import { SessionCache, type SessionCacheDeps } from './session-cache.ts';
import type { Session } from './session.ts';
import { readStaticKeys } from './static-keys.ts';
import { describeAccount, findToken } from './token.ts';

export interface CredentialsDeps extends LoginDeps, SessionCacheDeps {
  readonly clock: SessionCacheDeps['clock'];
  readonly askAgent: AskAgent;
  /** Undefined: the daemon runs without access to Kubernetes. */
  readonly roles: RoleReader | undefined;
}

/** Becomes the first, and mostly only, role of an identity. */
type FirstRole = (request: LoginRequest, refused?: Session) => Promise<Session>;

type Irsa = Extract<AwsIdentity, { kind: 'irsa' }>;

/**
 * Who a caller is at AWS. IRSA is the same for all pods of an account, Pod Identity belongs to the pod; a person's own keys
 * serve that person. No other source exists: the environment and the node's role are never asked.
 */
export class Credentials {
  readonly #deps: CredentialsDeps;
  readonly #cache: SessionCache;

  constructor(deps: CredentialsDeps) {
    this.#deps = deps;
    this.#cache = new SessionCache(deps);
  }

  /**
   * Whose answers the caller may see. Logs in, in either region, where the answer is `shared`: who is refused there must not
   * see what others were given.
   */
  async scopeOf(store: AwsStore, caller: Caller, signal: AbortSignal): Promise<'shared' | 'pod'> {
    const { region, failoverRegion, identity } = store;
    checkIdentity(identity, caller);
    if (identity.kind === 'pod-identity' || this.#ownKeys({ region, identity, caller, signal })) return 'pod';
    try {
      await this.#acquire({ region, identity, caller, signal });
    } catch (error) {
      if (failoverRegion === undefined || !(error instanceof SecretError) || !fallsOver(error)) throw error;
      await this.#acquire({ region: failoverRegion, identity, caller, signal });
    }
    return 'shared';
  }

  /**
   * Runs `use` with credentials, and once more with newer ones when AWS no longer takes them although it did before.
   * Rejects with what it or the login rejects with.
   */
  async use<T>(request: LoginRequest, use: (session: Session) => Promise<T>): Promise<T> {
    return await this.#withNewer((refused) => this.#acquire(request, refused), use);
  }

  close(): void {
    this.#cache.clear();
  }

  async #acquire(request: LoginRequest, refused?: Session): Promise<Session> {
    const { identity, region, caller } = request;
    checkRegion(region);
    checkIdentity(identity, caller);
    const own = this.#ownKeys(request);
    if (own) return await this.#finish(request, () => Promise.resolve(own), refused);
    // A pod that cannot log in gets nothing of what others of the account have.
    if (caller.kind !== 'service-account') findToken(caller, identity.audience);
    if (identity.kind === 'irsa') return await this.#acquireWithToken(identity, request, refused);
    const first: FirstRole = (ask, stale) => {
      const logIn = (signal: AbortSignal) => logInThroughAgent(this.#deps, identity.addressType, { ...ask, signal });
      return this.#cache.acquire(firstKey(ask), { signal: ask.signal, refused: stale, logIn });
    };
    return await this.#finish(request, first, refused);
  }

  async #acquireWithToken(identity: Irsa, request: LoginRequest, refused?: Session): Promise<Session> {
    const become = async (roleArn: string): Promise<Session> => {
      const first: FirstRole = (ask, stale) => {
        const logIn = (signal: AbortSignal) => logInWithToken(this.#deps, roleArn, { ...ask, signal });
        return this.#cache.acquire(firstKey(ask), { signal: ask.signal, refused: stale, logIn });
      };
      return await this.#finish({ ...request, identity: { ...identity, roleArn } }, first, refused);
    };
    if (identity.roleArn !== undefined) return await become(identity.roleArn);
    const annotated = await this.#readRole(request);
    try {
      return await become(annotated);
    } catch (error) {
      if (!(error instanceof SecretError) || error.code !== 'AWS_CREDENTIALS_REFUSED') throw error;
      // The annotation may have been corrected since it was read.
      const corrected = await this.#readRole(request, annotated);
      if (corrected === annotated) throw error;
      return await become(corrected);
    }
  }

  /** The second role of a chain, where there is one. */
  async #finish(request: LoginRequest, first: FirstRole, refused?: Session): Promise<Session> {
    const { assume } = request.identity;
    if (!assume) return await first(request, refused);
    const logIn = (signal: AbortSignal): Promise<Session> => {
      const own = { ...request, signal };
      const step = (base: Session): Promise<Session> => assumeRole(this.#deps, assume, { ...own, base });
      return this.#withNewer((stale) => first(own, stale), step);
    };
    return await this.#cache.acquire(sessionKey(request), { signal: request.signal, refused, logIn });
  }

  async #readRole({ caller, signal }: LoginRequest, refused?: string): Promise<string> {
    const { roles } = this.#deps;
    if (!roles) throw roleMissing(caller, 'lockstep has no access to the API server to read it; set roleArn');
    const role = await roles.roleOf(caller, { signal, ...(refused !== undefined && { refused }) });
    if (role === undefined) throw roleMissing(caller, 'add it, set roleArn, or set usePodIdentity: "true"');
    return role;
  }

  #ownKeys({ caller, region }: LoginRequest): Session | undefined {
    return readStaticKeys(caller, region, this.#deps.clock.now());
  }

  async #withNewer<T>(
    acquire: (refused?: Session) => Promise<Session>,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await acquire();
    try {
      return await use(session);
    } catch (error) {
      const isYoung = this.#deps.clock.now() - session.createdAtMs < youngMs;
      if (isYoung || !isStale(error)) throw error;
      return await use(await acquire(session));
    }
  }
}

/** Whose session, and as whom: that of a token belongs to the account, that of the agent to the pod. */
function sessionKey({ caller, identity, region }: LoginRequest): string {
  const owner = identity.kind === 'irsa' ? accountKey(caller) : podKey(caller);
  return JSON.stringify([owner, region, awsIdentityKey(identity)]);
}

function firstKey(request: LoginRequest): string {
  const { assume: _assume, ...identity } = request.identity;
  return sessionKey({ ...request, identity });
}

/** The agent of a node gives credentials to the pods of the node only. */
function checkIdentity({ kind }: AwsIdentity, caller: Caller): void {
  if (kind !== 'pod-identity' || caller.kind !== 'service-account') return;
  const problem = `${describeAccount(caller)} has no pod, and EKS Pod Identity gives credentials to pods only`;
  const remedy =
    'leave usePodIdentity out and annotate the account with eks.amazonaws.com/role-arn, or mount the class';
  throw new SecretError('POD_IDENTITY_UNSUPPORTED', `${problem}; ${remedy}`);
}

function roleMissing(caller: Caller, remedy: string): SecretError {
  const problem = `${describeAccount(caller)} has no role: the annotation eks.amazonaws.com/role-arn is missing`;
  return new SecretError('AWS_ROLE_MISSING', `${problem}; ${remedy}`);
}
