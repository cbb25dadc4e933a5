import { connect } from 'node:net';

import { credentials } from '@grpc/grpc-js';

import { CSIDriverProviderClient } from '../gen/v1alpha1/service.ts';

/** What stands behind a socket path. */
export type SocketOwner =
  /** Nobody listens: the path is missing, or a leftover. */
  | { readonly state: 'dead' }
  | { readonly state: 'alive'; readonly runtimeName: string; readonly runtimeVersion: string }
  /** Somebody listens who does not answer Version. */
  | { readonly state: 'silent'; readonly reason: string };

const timeoutMs = 2000;

/** Asks whoever listens at a path who it is, as the driver's health check does. Never rejects. */
export async function probeSocket(path: string): Promise<SocketOwner> {
  const refusal = await tryConnect(path);
  if (refusal === 'ECONNREFUSED' || refusal === 'ENOENT') return { state: 'dead' };
  if (refusal !== undefined) return { state: 'silent', reason: `cannot be connected to (${refusal})` };
  return await askVersion(path);
}

/** The code of the refusal, or undefined when somebody accepts. */
async function tryConnect(path: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect(path);
  socket.setTimeout(timeoutMs, () => resolve('ETIMEDOUT'));
  socket.once('connect', () => resolve(undefined));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

async function askVersion(path: string): Promise<SocketOwner> {
  const client = new CSIDriverProviderClient(`unix:${path}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
  });
  const { promise, resolve } = Promise.withResolvers<SocketOwner>();
  client.waitForReady(Date.now() + timeoutMs, (unready) => {
    if (unready) {
      resolve({ state: 'silent', reason: 'speaks no HTTP/2' });
      return;
    }
    client.makeUnaryRequest(
      CSIDriverProviderClient.service.version.path,
      CSIDriverProviderClient.service.version.requestSerialize,
      CSIDriverProviderClient.service.version.responseDeserialize,
      { version: 'v1alpha1' },
      { deadline: Date.now() + timeoutMs },
      (error, answer) => {
        if (answer === undefined) resolve({ state: 'silent', reason: error?.details ?? 'no answer' });
        else resolve({ state: 'alive', runtimeName: answer.runtimeName, runtimeVersion: answer.runtimeVersion });
      },
    );
  });
  try {
    return await promise;
  } finally {
    client.close();
  }
}
