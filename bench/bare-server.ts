/** The baseline: a bare gRPC server that answers the bytes it is given (base64 in argv[3]) on the socket argv[2]. */
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';

const [, , socket = '', reply = ''] = process.argv;
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
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), () => console.log('ready'));
