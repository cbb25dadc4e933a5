import { json, refuseJson, refuseXml, xml } from './aws-replies.ts';
import { FakeParameters, FakeSecrets } from './aws-store.ts';
import { type WireReply, type WireRequest, WireServer, type WireServerOptions } from './wire-server.ts';

/** A request as a service would see it. */
export interface AwsRequest {
  /** `GetSecretValue`, `AssumeRole`, … and `GetCredentials` for the agent of Pod Identity. */
  readonly action: string;
  /** Of the signature; empty for what is not signed. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ScriptedAwsReply {
  readonly action: string;
  readonly region?: string;
  /** A secret or parameter among those that are asked for. */
  readonly object?: string;
  readonly reply: WireReply | ((request: AwsRequest) => WireReply | Promise<WireReply>);
  /** How often it answers; always unless given. */
  times?: number;
}

export interface FakeAwsOptions extends WireServerOptions {
  readonly now?: () => number;
}

/**
 * One endpoint for Secrets Manager, SSM, STS and the agent of Pod Identity on a real socket. It takes only credentials that
 * it issued, or that a test lists. Scripted replies come first, in order.
 */
export class FakeAws implements AsyncDisposable {
  readonly server: WireServer;
  readonly requests: AwsRequest[] = [];
  readonly secrets = new FakeSecrets();
  readonly parameters = new FakeParameters();
  /** Names that nobody may read. */
  readonly denied = new Set<string>();
  /** Access keys that are taken, with their session tokens. */
  readonly keys = new Map<string, string>();
  isBatchDenied = false;
  /** Seconds. */
  sessionLifeS = 3600;
  readonly #now: () => number;
  readonly #scripts: ScriptedAwsReply[] = [];
  #issued = 0;

  private constructor(server: WireServer, now: () => number) {
    this.server = server;
    this.#now = now;
  }

  static async start({ now = Date.now, ...options }: FakeAwsOptions = {}): Promise<FakeAws> {
    const late: { aws?: FakeAws } = {};
    const reply = (request: WireRequest): WireReply | Promise<WireReply> => late.aws?.reply(request) ?? 'reset';
    const aws = new FakeAws(await WireServer.start(reply, options), now);
    late.aws = aws;
    return aws;
  }

  get address(): string {
    return this.server.address;
  }

  /** `GetSecretValue us-east-1` and so on, in order of arrival. */
  get calls(): readonly string[] {
    return this.requests.map(({ action, region }) => `${action} ${region}`.trim());
  }

  count(action: string, region?: string): number {
    return this.requests.filter((request) => request.action === action && (region ?? request.region) === request.region)
      .length;
  }

  /** What was asked for with it. */
  inputs(action: string): readonly AwsRequest['input'][] {
    return this.requests.filter((request) => request.action === action).map(({ input }) => input);
  }

  /** The access keys with which secrets were asked for. */
  get readers(): readonly string[] {
    return this.requests.filter(({ action }) => action === 'GetSecretValue').map(({ accessKeyId }) => accessKeyId);
  }

  script(...replies: ScriptedAwsReply[]): void {
    this.#scripts.push(...replies);
  }

  clearScripts(): void {
    this.#scripts.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  reply(wire: WireRequest): WireReply | Promise<WireReply> {
    const request = toAwsRequest(wire);
    this.requests.push(request);
    const script = this.#scripts.find((candidate) => candidate.times !== 0 && isFor(candidate, request));
    if (!script) return this.#behave(request);
    if (script.times !== undefined) script.times--;
    return typeof script.reply === 'function' ? script.reply(request) : script.reply;
  }

  #behave(request: AwsRequest): WireReply {
    const { action, accessKeyId, headers } = request;
    if (action === 'GetCredentials') return json(this.#issueForAgent());
    if (action === 'AssumeRoleWithWebIdentity') return this.#issueRole(action);
    if (this.keys.get(accessKeyId) !== (headers['x-amz-security-token'] ?? '')) {
      const words = 'The security token included in the request is invalid.';
      if (action === 'AssumeRole') return refuseXml('InvalidClientTokenId', words, 403);
      return refuseJson('UnrecognizedClientException', words);
    }
    if (action === 'AssumeRole') return this.#issueRole(action);
    if (action === 'BatchGetSecretValue' && this.isBatchDenied)
      return refuseJson('AccessDeniedException', 'no batches');
    if (action === 'BatchGetSecretValue') return this.secrets.batch(request, this.denied);
    const denied = objectsOf(request).find((name) => this.denied.has(name));
    if (denied !== undefined) return refuseJson('AccessDeniedException', `User is not authorized on ${denied}`);
    if (action === 'GetSecretValue') return this.secrets.get(request);
    if (action === 'GetParameters') return this.parameters.get(request);
    return refuseJson('UnknownOperationException');
  }

  #issue() {
    const number = ++this.#issued;
    const accessKeyId = `ASIAFAKE${number}`;
    const token = `session-token-${number}`;
    this.keys.set(accessKeyId, token);
    const expiration = new Date(this.#now() + this.sessionLifeS * 1000).toISOString();
    return { accessKeyId, secret: `secret-key-${number}`, token, expiration };
  }

  #issueForAgent(): object {
    const { accessKeyId, secret, token, expiration } = this.#issue();
    return { AccessKeyId: accessKeyId, SecretAccessKey: secret, Token: token, Expiration: expiration, AccountId: '1' };
  }

  #issueRole(action: string): WireReply {
    const { accessKeyId, secret, token, expiration } = this.#issue();
    const members = { AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token, Expiration: expiration };
    const inner = Object.entries(members).map(([name, value]) => `<${name}>${value}</${name}>`);
    return xml(action, `<Credentials>${inner.join('')}</Credentials>`);
  }
}

function toAwsRequest({ method, path, headers, body }: WireRequest): AwsRequest {
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(headers['authorization'] ?? '');
  const common = { accessKeyId: scope?.[1] ?? '', region: scope?.[2] ?? '', headers };
  if (method === 'GET' && path === '/v1/credentials') return { ...common, action: 'GetCredentials', input: {} };
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    return { ...common, action: target.replace(/^.*\./, ''), input: JSON.parse(body) as Record<string, unknown> };
  }
  const { Action = '', ...input } = Object.fromEntries(new URLSearchParams(body));
  return { ...common, action: Action, input };
}

function isFor({ action, region, object }: ScriptedAwsReply, request: AwsRequest): boolean {
  const isThere = region === undefined || region === request.region;
  return action === request.action && isThere && (object === undefined || objectsOf(request).includes(object));
}

function objectsOf({ input }: AwsRequest): readonly string[] {
  return [input['SecretId'], input['Names'], input['SecretIdList']].flat().filter((name) => typeof name === 'string');
}
