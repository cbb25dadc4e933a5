import { type sendUnaryData, Server, type ServerUnaryCall } from '@grpc/grpc-js';

import { toSecretError } from '../core/errors.ts';
import { CSIDriverProviderService, type VersionRequest, type VersionResponse } from '../gen/v1alpha1/service.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { Mount } from './mount.ts';
import { maxRequestBytes } from './open-call.ts';
import { toWireStatus } from './status.ts';
import { callHeader, type StreamGate } from './stream-gate.ts';
import { toVersionResponse } from './version.ts';

export interface RpcServerDeps {
  readonly gate: StreamGate;
  readonly mount: Mount;
  readonly runtimeVersion: string;
}

/** Requests and replies of Mount stay bytes here: the use case decodes and encodes them, with its own errors. */
const service = {
  version: CSIDriverProviderService.version,
  mount: {
    ...CSIDriverProviderService.mount,
    requestSerialize: toSame,
    requestDeserialize: toSame,
    responseSerialize: toSame,
    responseDeserialize: toSame,
  },
} as const;

/** The gRPC server of one provider name. It listens nowhere: connections are handed to it. */
export function createRpcServer(provider: ProviderName, deps: RpcServerDeps): Server {
  const { gate, mount, runtimeVersion } = deps;
  // What it refuses with RESOURCE_EXHAUSTED, by announced or decompressed size, leaves as REQUEST_INVALID.
  const server = new Server({ 'grpc.max_receive_message_length': maxRequestBytes, 'grpc.enable_channelz': 0 });
  server.addService(service, {
    version(call: ServerUnaryCall<VersionRequest, VersionResponse>, answer: sendUnaryData<VersionResponse>): void {
      if (gate.begin(idOf(call)) !== undefined) answer(null, toVersionResponse(runtimeVersion));
    },
    mount(request: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
      const call = gate.begin(idOf(request));
      if (call === undefined) return;
      mount({ provider, bytes: request.request, call })
        .then(
          (reply) => answer(null, reply),
          (error: unknown) => answer(toWireStatus(toSecretError(error))),
        )
        .catch((error: unknown) => call.fail(toSecretError(error)));
    },
  });
  return server;
}

function idOf(call: ServerUnaryCall<unknown, unknown>): string {
  return String(call.metadata.get(callHeader)[0]);
}

function toSame(bytes: Buffer): Buffer {
  return bytes;
}
