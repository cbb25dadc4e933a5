import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';

import {
  CSIDriverProviderService,
  type MountRequest,
  type MountResponse,
  type VersionResponse,
} from '../../../src/gen/v1alpha1/service.ts';

export interface ForeignProviderOptions {
  /** Folder of the sockets. */
  readonly directory: string;
  /** Its version key: the data of its Secret vault-csi-provider-hmac-key. */
  readonly key: Buffer;
  /** What it has read at Vault: object → value, by SecretProviderClass. */
  readonly values: Readonly<Record<string, Readonly<Record<string, ForeignObject>>>>;
}

export interface ForeignObject {
  readonly secretPath: string;
  readonly secretKey: string;
  readonly value: string;
}

/**
 * Plays the official Vault provider on `vault.sock`: it answers what it was told, with the versions that the official one makes (an
 * HMAC over its own configuration of the object and the content), and as that one it removes what lies in its place.
 */
export class ForeignProvider {
  readonly #server: Server;
  /** Classes that were mounted here, in order. */
  readonly mounted: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start({ directory, key, values }: ForeignProviderOptions): Promise<ForeignProvider> {
    const socket = join(directory, 'vault.sock');
    const server = new Server();
    const provider = new ForeignProvider(server);
    server.addService(CSIDriverProviderService, {
      version: (_: unknown, callback: Callback<VersionResponse>) =>
        callback(null, { version: 'v1alpha1', runtimeName: 'vault-csi-provider', runtimeVersion: '1.7.4' }),
      mount({ request }: { readonly request: MountRequest }, callback: Callback<MountResponse>) {
        const { secretProviderClass = '' } = JSON.parse(request.attributes) as Readonly<Record<string, string>>;
        provider.mounted.push(secretProviderClass);
        callback(null, toResponse(values[secretProviderClass] ?? {}, key));
      },
    });
    rmSync(socket, { force: true });
    await promisify(server.bindAsync.bind(server))(`unix:${socket}`, ServerCredentials.createInsecure());
    return provider;
  }

  /** As when its pod is deleted. */
  stop(): void {
    this.#server.forceShutdown();
  }
}

type Callback<T> = (error: Partial<ServiceError> | null, response?: T) => void;

function toResponse(objects: Readonly<Record<string, ForeignObject>>, key: Buffer): MountResponse {
  const entries = Object.entries(objects);
  return {
    objectVersion: entries.map(([id, object]) => ({ id, version: toVersion(id, object, key) })),
    error: undefined,
    files: entries.map(([path, { value }]) => ({ path, mode: 0o644, contents: Buffer.from(value) })),
  };
}

/** In the order and under the names of its struct. */
function toVersion(name: string, { secretPath, secretKey, value }: ForeignObject, key: Buffer): string {
  const config = {
    ObjectName: name,
    SecretPath: secretPath,
    SecretKey: secretKey,
    Method: '',
    SecretArgs: null,
    FilePermission: 0,
    Encoding: '',
  };
  const digest = createHmac('sha256', key).update(JSON.stringify(config)).update(value).digest('base64');
  return digest.replaceAll('+', '-').replaceAll('/', '_');
}
