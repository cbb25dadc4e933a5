import { join } from 'node:path';
import { promisify } from 'node:util';

import { Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';

import { CSIDriverProviderService, type MountRequest, type MountResponse } from '../../src/gen/v1alpha1/service.ts';

export interface FakeProvider {
  readonly requests: readonly MountRequest[];
  /** What the next calls are answered with: the files by path, or a refusal. */
  answer: Readonly<Record<string, string>> | { readonly code: status; readonly details: string };
  readonly stop: () => Promise<void>;
}

/** A provider on a real socket that answers what a test says. */
export async function startFakeProvider(
  directory: string,
  name: string,
  answer: FakeProvider['answer'],
): Promise<FakeProvider> {
  const requests: MountRequest[] = [];
  const server = new Server();
  const fake: FakeProvider = {
    requests,
    answer,
    stop: async () => server.forceShutdown(),
  };
  server.addService(CSIDriverProviderService, {
    mount(
      { request }: { readonly request: MountRequest },
      callback: (error: Partial<ServiceError> | null, response?: MountResponse) => void,
    ) {
      requests.push(request);
      if (typeof fake.answer['code'] === 'number') callback({ ...fake.answer });
      else callback(null, toResponse(fake.answer as Readonly<Record<string, string>>));
    },
  });
  const bind = promisify(server.bindAsync.bind(server));
  await bind(`unix:${join(directory, `${name}.sock`)}`, ServerCredentials.createInsecure());
  return fake;
}

function toResponse(files: Readonly<Record<string, string>>): MountResponse {
  const entries = Object.entries(files);
  return {
    objectVersion: entries.map(([id, text]) => ({ id, version: `version-of-${text}` })),
    error: undefined,
    files: entries.map(([path, text]) => ({ path, mode: 0o640, contents: Buffer.from(text) })),
  };
}
