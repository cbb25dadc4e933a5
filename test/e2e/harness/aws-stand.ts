import { stringify } from 'yaml';

import { irsaAudience, podIdentityAudience } from '../../../src/core/aws-ref.ts';
import { AwsFront } from './aws-front.ts';
import { nodeRegion } from './control-plane.ts';
import type { Stand } from './stand.ts';
import type { Volume } from './volume.ts';

export const roleArn = 'arn:aws:iam::123456789012:role/app';

/** As a manifest writes it. */
export type AwsObject = Readonly<Record<string, unknown>> & { readonly objectName: string };

/** What a test file about AWS has beside its stand. */
export class AwsStand {
  readonly front: AwsFront;
  readonly #stand: Stand;

  private constructor(stand: Stand, front: AwsFront) {
    this.#stand = stand;
    this.front = front;
  }

  /** The daemons of the stand that start from now on find AWS here. */
  static async start(stand: Stand): Promise<AwsStand> {
    const front = await AwsFront.start({ runDir: stand.run.runDir, dir: stand.dir }, stand.evidence);
    stand.environment = front.environment;
    return new AwsStand(stand, front);
  }

  /** A class for the role `app` in us-east-1; `parameters` win over what stands here. */
  async putClass(name: string, objects: readonly AwsObject[], parameters: Readonly<Record<string, string>> = {}) {
    const typed = objects.map((object) => ({ objectType: 'secretsmanager', ...object }));
    await this.#stand.putProviderClass(name, 'aws', {
      region: nodeRegion,
      roleArn,
      objects: stringify(typed),
      ...parameters,
    });
  }

  /** A pod whose tokens are for STS and for the agent. */
  async createVolume(className: string, serviceAccount = 'app'): Promise<Volume> {
    const audiences = [irsaAudience, podIdentityAudience, 'vault'];
    return await this.#stand.createVolume(className, { audiences, serviceAccount });
  }

  /** A service account that names its role as EKS has it. */
  async createAccount(name: string, role: string): Promise<void> {
    const { namespace, kube } = this.#stand;
    await kube.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace, annotations: { 'eks.amazonaws.com/role-arn': role } },
    });
  }

  /** A new secret that holds a fresh marker. */
  async putSecret(name: string, region = nodeRegion): Promise<{ readonly value: string; readonly version: string }> {
    const value = this.#stand.evidence.newSecret(`${name} in ${region}`);
    return { value, version: await this.front.moto.createSecret(region, name, value) };
  }

  async putParameter(name: string): Promise<string> {
    const value = this.#stand.evidence.newSecret(name);
    await this.front.moto.putParameter(nodeRegion, name, value);
    return value;
  }

  async close(): Promise<void> {
    await this.front.close();
  }
}
