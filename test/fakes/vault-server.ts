import { type WireReply, type WireRequest, WireServer, type WireServerOptions } from './wire-server.ts';

/** What a role's login answers. */
export interface FakeGrant {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Seconds; 0: no end. */
  readonly ttlS?: number;
  readonly renewable?: boolean;
  readonly numUses?: number;
}

export interface FakeEngine {
  /** Seconds. */
  readonly ttlS: number;
  readonly renewable: boolean;
}

export interface ScriptedReply {
  /** `GET /v1/kv/a`, or `/v1/kv/*` for every method and what follows. */
  readonly route: string;
  readonly reply: WireReply | ((request: WireRequest) => WireReply | Promise<WireReply>);
  /** How often it answers; always unless given. */
  times?: number;
}

/**
 * A server on a real socket that behaves like a small Vault: logins, KV, a credential engine, renewals. It knows no time:
 * tests revoke by hand. Scripted replies come first, in order.
 */
export class FakeVault implements AsyncDisposable {
  readonly server: WireServer;
  /** KV by path below /v1/, version 1 or 2 as the data is shaped. */
  readonly secrets: Map<string, unknown>;
  readonly denied = new Set<string>();
  readonly engines = new Map<string, FakeEngine>();
  readonly tokens = new Set<string>();
  readonly leases = new Set<string>();
  grant: FakeGrant = {};
  renewal: FakeEngine = { ttlS: 3600, renewable: true };
  readonly #scripts: ScriptedReply[] = [];
  #counter = 0;

  private constructor(server: WireServer, secrets: Map<string, unknown>) {
    this.server = server;
    this.secrets = secrets;
  }

  static async start(options: WireServerOptions = {}): Promise<FakeVault> {
    const late: { vault?: FakeVault } = {};
    const reply = (request: WireRequest): WireReply | Promise<WireReply> => late.vault?.reply(request) ?? 'reset';
    const vault = new FakeVault(await WireServer.start(reply, options), new Map());
    late.vault = vault;
    return vault;
  }

  get address(): string {
    return this.server.address;
  }

  get requests(): readonly WireRequest[] {
    return this.server.requests;
  }

  /** `POST /v1/auth/kubernetes/login` and so on, in order of arrival. */
  get calls(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  count(route: string): number {
    return this.requests.filter((request) => isFor(route, request)).length;
  }

  script(...replies: ScriptedReply[]): void {
    this.#scripts.push(...replies);
  }

  clearScripts(): void {
    this.#scripts.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  reply(request: WireRequest): WireReply | Promise<WireReply> {
    const script = this.#scripts.find(({ route, times }) => times !== 0 && isFor(route, request));
    if (!script) return this.#behave(request);
    if (script.times !== undefined) script.times--;
    return typeof script.reply === 'function' ? script.reply(request) : script.reply;
  }

  #behave(request: WireRequest): WireReply {
    const path = request.path.replace(/\?.*$/, '').replace('/v1/', '');
    if (/^auth\/.+\/login$/.test(path)) return this.#logIn();
    if (!this.tokens.has(request.headers['x-vault-token'] ?? '')) return refuse(403, 'permission denied');
    if (path === 'auth/token/renew-self') return this.#renewToken();
    if (path === 'auth/token/lookup-self') return ok({ data: {} });
    if (path === 'sys/leases/renew') return this.#renewLease(request);
    if (this.denied.has(path)) return refuse(403, '1 error occurred:\n\t* permission denied\n\n');
    const engine = this.engines.get(path);
    if (engine) return this.#issue(path, engine);
    const data = this.secrets.get(path);
    return data === undefined ? refuse(404) : ok({ data });
  }

  #logIn(): WireReply {
    const token = `hvs.fake-token-${++this.#counter}`;
    this.tokens.add(token);
    return ok({ auth: { client_token: token, ...this.#auth(this.grant.ttlS ?? 0) } });
  }

  #renewToken(): WireReply {
    return ok({ auth: this.#auth(this.renewal.ttlS) });
  }

  #auth(ttlS: number): object {
    const { metadata = {}, renewable = true, numUses = 0 } = this.grant;
    return { lease_duration: ttlS, renewable, metadata, num_uses: numUses };
  }

  #renewLease(request: WireRequest): WireReply {
    const leaseId = [...this.leases].find((id) => request.body === JSON.stringify({ lease_id: id }));
    if (leaseId === undefined) return refuse(400, 'lease not found');
    const { ttlS, renewable } = this.renewal;
    return ok({ lease_id: leaseId, lease_duration: ttlS, renewable, data: null });
  }

  #issue(path: string, { ttlS, renewable }: FakeEngine): WireReply {
    const number = ++this.#counter;
    const leaseId = `${path}/${number}`;
    this.leases.add(leaseId);
    const data = { username: `user-${number}`, password: `password-${number}` };
    return ok({ lease_id: leaseId, lease_duration: ttlS, renewable, data });
  }
}

/** A successful answer of Vault with these members. */
export function ok(members: object): WireReply {
  const json = { request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data: null, ...members };
  return { status: 200, body: JSON.stringify(json), headers: { 'Content-Type': 'application/json' } };
}

/** A refusal with Vault's own words. */
export function refuse(status: number, ...errors: readonly string[]): WireReply {
  return { status, body: JSON.stringify({ errors }), headers: { 'Content-Type': 'application/json' } };
}

function isFor(route: string, request: WireRequest): boolean {
  const [method, path] = route.includes(' ') ? route.split(' ') : [request.method, route];
  if (method !== request.method || path === undefined) return false;
  return path.endsWith('*') ? request.path.startsWith(path.slice(0, -1)) : request.path === path;
}
