/**
 * The baseline: a bare gRPC server that answers the bytes it is given (base64 in argv[3]) on the socket argv[2]. With
 * `staged` in argv[4] the connections pass the stage for drivers up to 1.5 first.
 */
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';

import { openConnection } from '../src/csi/authority/opening.ts';

const [, , socketPath = '', reply = '', kind] = process.argv;
const bytes = Buffer.from(reply, 'base64');
const server = new Server();
const answer: handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, bytes);
const identity = (value: Buffer): Buffer => value;
server.addService(
  {
    Mount: {
      path: '/v1alpha1.CSIDriverProvider/Mount',
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  },
  { Mount: answer },
);
const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
const accept = (connection: Duplex): void => injector.injectConnection(connection);
const refuse = (error: Error): never => {
  throw error;
};
const stage = (socket: Socket): void => openConnection(socket, { accept, refuse });
createServer(kind === 'staged' ? stage : accept).listen(socketPath, () => console.log('ready'));
