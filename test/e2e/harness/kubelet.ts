import { join } from 'node:path';

import { type Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** The refusal of a publish, as kubelet sees it. */
export class PublishError extends Error {
  /** Status that the provider answered the driver, or undefined where the driver itself refused. */
  readonly providerStatus: string | undefined;

  constructor(message: string) {
    super(message);
    this.providerStatus = /rpc error: code = (\w+)/.exec(message)?.[1];
  }
}

export interface PublishRequest {
  readonly volume_id: string;
  readonly target_path: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly volume_context: Readonly<Record<string, string>>;
}

/** Plays kubelet against a CSI driver's socket. */
export class Kubelet {
  readonly #client: NodeClient;

  constructor(socket: string) {
    const definition = loadSync(join(import.meta.dirname, 'csi.proto'), { keepCase: true });
    // The edge of the harness: what grpc-js makes of our own proto file.
    const root = loadPackageDefinition(definition) as unknown as CsiPackage;
    this.#client = new root.csi.v1.Node(`unix:${socket}`, credentials.createInsecure());
  }

  /** The first publish of a volume and every republish. Rejects with a PublishError. kubelet's own deadline is 2 min. */
  async publish(request: PublishRequest, deadlineMs = 120_000): Promise<void> {
    const whole = {
      ...request,
      readonly: true,
      volume_capability: { mount: {}, access_mode: { mode: 1 } },
    };
    const options = { deadline: Date.now() + deadlineMs };
    await new Promise<void>((resolve, reject) => {
      this.#client.NodePublishVolume(whole, options, (error) =>
        error === null ? resolve() : reject(new PublishError(`${error.code} ${error.details}`)),
      );
    });
  }

  async unpublish(request: Pick<PublishRequest, 'volume_id' | 'target_path'>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.NodeUnpublishVolume(request, {}, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

type Call = (request: object, options: object, done: (error: ServiceError | null) => void) => void;

interface NodeClient extends Client {
  readonly NodePublishVolume: Call;
  readonly NodeUnpublishVolume: Call;
}

interface CsiPackage {
  readonly csi: { readonly v1: { readonly Node: new (address: string, credentials: unknown) => NodeClient } };
}
