import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';

import type { AwsRequest } from '../../fakes/aws-server.ts';
import type { WireReply } from '../../fakes/wire-server.ts';
import { freePort, ServerProcess } from './processes.ts';
import { pythonWith } from './python.ts';

export interface MotoPlace {
  readonly runDir: string;
  /** For its log. */
  readonly dir: string;
}

/** A version of a secret that takes or gives a stage. */
export interface StageMove {
  readonly stage: string;
  readonly to: string;
  readonly from: string;
}

/** The emulator of AWS, and its administrator. It checks neither policies nor signatures nor tokens. */
export class Moto {
  readonly #address: string;
  readonly #server: ServerProcess;

  private constructor(address: string, server: ServerProcess) {
    this.#address = address;
    this.#server = server;
  }

  static async start({ runDir, dir }: MotoPlace): Promise<Moto> {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const bin = dirname(pythonWith(join(import.meta.dirname, '../../parity/requirements.txt')));
    const server = new ServerProcess({
      runDir,
      command: join(bin, 'moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
      log: join(dir, 'moto.log'),
    });
    await server.ready(async () => (await fetch(`${address}/moto-api/`)).ok);
    return new Moto(address, server);
  }

  /** Answers the id of the version. */
  async createSecret(region: string, name: string, value: string): Promise<string> {
    const version = randomUUID();
    const input = { Name: name, SecretString: value, ClientRequestToken: version };
    await this.#administer(region, 'secretsmanager.CreateSecret', input);
    return version;
  }

  /** A further version, which has this stage alone. Answers its id. */
  async putSecretValue(region: string, name: string, { value, stage }: SecretVersion): Promise<string> {
    const version = randomUUID();
    const input = { SecretId: name, SecretString: value, ClientRequestToken: version, VersionStages: [stage] };
    await this.#administer(region, 'secretsmanager.PutSecretValue', input);
    return version;
  }

  async moveStage(region: string, name: string, { stage, to, from }: StageMove): Promise<void> {
    const input = { SecretId: name, VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from };
    await this.#administer(region, 'secretsmanager.UpdateSecretVersionStage', input);
  }

  async putParameter(region: string, name: string, value: string): Promise<void> {
    const input = { Name: name, Value: value, Type: 'SecureString', Overwrite: true };
    await this.#administer(region, 'AmazonSSM.PutParameter', input);
  }

  /** Passes a request on, answered as AWS would. */
  async forward({ action, input: asked, headers }: AwsRequest): Promise<WireReply> {
    const input = action === 'GetSecretValue' ? withStage(asked) : asked;
    const target = headers['x-amz-target'];
    const form = new URLSearchParams({ Action: action, ...toTexts(input) });
    const names = ['authorization', 'content-type', 'x-amz-target'];
    const kept = Object.entries(headers).filter(([name]) => names.includes(name));
    const body = target === undefined ? form.toString() : JSON.stringify(input);
    const answer = await fetch(this.#address, { method: 'POST', headers: kept, body });
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, headers: { 'Content-Type': type }, body: await answer.text() };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async #administer(region: string, target: string, input: object): Promise<void> {
    const service = target.startsWith('AmazonSSM') ? 'ssm' : 'secretsmanager';
    const scope = `Credential=admin/20260101/${region}/${service}/aws4_request`;
    const answer = await fetch(this.#address, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
      },
      body: JSON.stringify(input),
    });
    if (!answer.ok) throw new Error(`${target} in ${region}: ${answer.status} ${await answer.text()}`);
  }
}

interface SecretVersion {
  readonly value: string;
  readonly stage: string;
}

/** moto takes the version that was current when it was made where a request names none, wherever the stage has moved to. */
function withStage(input: AwsRequest['input']): AwsRequest['input'] {
  return 'VersionId' in input || 'VersionStage' in input ? input : { ...input, VersionStage: 'AWSCURRENT' };
}

function toTexts(input: AwsRequest['input']): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)]));
}
