import { randomBytes } from 'node:crypto';

import { json, refuseJson, xml } from '../../fakes/aws-replies.ts';
import { type AwsRequest, FakeAws, type ScriptedAwsReply } from '../../fakes/aws-server.ts';
import type { WireReply } from '../../fakes/wire-server.ts';
import type { Evidence } from './evidence.ts';
import { Moto, type MotoPlace } from './moto.ts';

/** What is asked of a service, without the noise of HTTP. */
export type AwsCallSeen = Pick<AwsRequest, 'action' | 'region' | 'accessKeyId' | 'input'>;

/** What STS and the agent hand out. */
export interface IssuedKeys {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}

/**
 * AWS as our daemon sees it: everything is recorded, then answered by moto. The agent of Pod Identity, which moto lacks, is
 * played here, and so are refusals, which moto does not know. Only credentials that were issued here are taken.
 */
export class AwsFront {
  readonly moto: Moto;
  readonly #aws: FakeAws;
  readonly #evidence: Evidence;
  #forgotten = 0;

  private constructor(moto: Moto, aws: FakeAws, evidence: Evidence) {
    this.moto = moto;
    this.#aws = aws;
    this.#evidence = evidence;
    this.behave();
  }

  /** All credentials that are issued become markers of the evidence. */
  static async start(place: MotoPlace, evidence: Evidence): Promise<AwsFront> {
    return new AwsFront(await Moto.start(place), await FakeAws.start(), evidence);
  }

  /** Variables that lead a daemon here. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.#aws.address,
      LOCKSTEP_POD_IDENTITY_AGENT_IPV4: '127.0.0.1',
      LOCKSTEP_POD_IDENTITY_AGENT_IPV6: '::1',
      LOCKSTEP_POD_IDENTITY_AGENT_PORT: String(this.#aws.server.port),
    };
  }

  /** Since the start or the last `forget`. */
  get requests(): readonly AwsRequest[] {
    return this.#aws.requests.slice(this.#forgotten);
  }

  /** `ACTION REGION`, in order of arrival. */
  get calls(): readonly string[] {
    return this.requests.map(({ action, region }) => `${action} ${region}`.trim());
  }

  get seen(): readonly AwsCallSeen[] {
    return this.requests.map(({ action, region, accessKeyId, input }) => ({ action, region, accessKeyId, input }));
  }

  count(action: string): number {
    return this.requests.filter((request) => request.action === action).length;
  }

  forget(): void {
    this.#forgotten = this.#aws.requests.length;
  }

  /** From now on these come first. */
  misbehave(...replies: readonly ScriptedAwsReply[]): void {
    this.#aws.clearScripts();
    this.#aws.script(...replies, ...this.#behaviour());
  }

  behave(): void {
    this.misbehave();
  }

  /** Credentials that are taken here. */
  issue(lifeS = 3600): IssuedKeys {
    const keys = {
      AccessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      SecretAccessKey: randomBytes(30).toString('base64'),
      SessionToken: randomBytes(60).toString('base64'),
      Expiration: new Date(Date.now() + lifeS * 1000).toISOString(),
    };
    this.#take(keys);
    return keys;
  }

  async close(): Promise<void> {
    await this.#aws[Symbol.asyncDispose]();
    await this.moto.stop();
  }

  #take({ AccessKeyId, SecretAccessKey, SessionToken }: Omit<IssuedKeys, 'Expiration'>): void {
    this.#aws.keys.set(AccessKeyId, SessionToken);
    this.#evidence.mark('a secret access key', SecretAccessKey);
    this.#evidence.mark('a session token', SessionToken);
  }

  #behaviour(): readonly ScriptedAwsReply[] {
    // The last one is what other tools use.
    const reads = ['GetSecretValue', 'BatchGetSecretValue', 'GetParameters', 'GetParameter'];
    return [
      { action: 'GetCredentials', reply: () => toAgentReply(this.issue()) },
      { action: 'AssumeRoleWithWebIdentity', reply: (request) => this.#login(request) },
      ...reads.map((action) => ({ action, reply: (request: AwsRequest) => this.#read(request) })),
    ];
  }

  async #login(request: AwsRequest): Promise<WireReply> {
    const reply = await this.moto.forward(request);
    const body = typeof reply === 'object' ? String(reply.body) : '';
    const find = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    const [AccessKeyId, SecretAccessKey, SessionToken] = [
      find('AccessKeyId'),
      find('SecretAccessKey'),
      find('SessionToken'),
    ];
    if (SessionToken !== '') this.#take({ AccessKeyId, SecretAccessKey, SessionToken });
    return reply;
  }

  async #read(request: AwsRequest): Promise<WireReply> {
    const issued = this.#aws.keys.get(request.accessKeyId);
    if (issued !== undefined && issued === request.headers['x-amz-security-token']) {
      return await this.moto.forward(request);
    }
    return refuseJson('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
}

/** As the agent of Pod Identity says it. */
export function toAgentReply({ SessionToken, ...keys }: IssuedKeys): WireReply {
  return json({ ...keys, Token: SessionToken, AccountId: '123456789012' });
}

/** As STS says it. */
export function toStsReply(keys: IssuedKeys): WireReply {
  const members = Object.entries(keys).map(([name, value]) => `<${name}>${value}</${name}>`);
  return xml('AssumeRoleWithWebIdentity', `<Credentials>${members.join('')}</Credentials>`);
}
