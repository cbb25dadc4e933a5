import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { credentials, Metadata, status } from '@grpc/grpc-js';

import { CSIDriverProviderClient, type MountRequest, type MountResponse } from '../gen/v1alpha1/service.ts';

/** What the driver gets to see of a mount: the files, or the text that it would put into the pod's event. */
export type MountAnswer =
  | { readonly outcome: 'answered'; readonly response: MountResponse }
  | { readonly outcome: 'refused'; readonly reason: string };

/** kubelet's patience with one call. */
const deadlineMs = 120_000;

/** One connection per provider name, kept for the life of the driver. */
export class ProviderClients {
  readonly #providerDir: string;
  readonly #clients = new Map<string, CSIDriverProviderClient>();

  constructor(providerDir: string) {
    this.#providerDir = providerDir;
  }

  /** Calls Mount over the socket of that provider. Never rejects. */
  async mount(provider: string, request: MountRequest): Promise<MountAnswer> {
    const client = this.#client(provider);
    if (client === undefined) return { outcome: 'refused', reason: `provider not found: provider "${provider}"` };
    const metadata = new Metadata({ waitForReady: true });
    const { promise, resolve } = Promise.withResolvers<MountAnswer>();
    client.mount(request, metadata, { deadline: Date.now() + deadlineMs }, (error, response) => {
      if (error) resolve({ outcome: 'refused', reason: `${status[error.code]}: ${error.details}` });
      else resolve({ outcome: 'answered', response });
    });
    return promise;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(provider: string): CSIDriverProviderClient | undefined {
    const known = this.#clients.get(provider);
    if (known) return known;
    const socket = join(this.#providerDir, `${provider}.sock`);
    if (!/^[\w-]{1,30}$/.test(provider) || !existsSync(socket)) return undefined;
    const client = new CSIDriverProviderClient(`unix:${socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.max_receive_message_length': 4_194_304,
    });
    this.#clients.set(provider, client);
    return client;
  }
}
