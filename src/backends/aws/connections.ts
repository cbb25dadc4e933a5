import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { NodeHttpHandler } from '@smithy/node-http-handler';

import { SecretError } from '../../core/errors.ts';
import type { AwsDefaults } from '../../core/store-defaults.ts';
import { maxSockets } from './limits.ts';

/** The kept connections to AWS, one pool for everybody: who asks is in the signature of each request. */
export interface Connections {
  readonly handler: NodeHttpHandler;
  close(): void;
}

/** Reads the CA bundle once. Throws CONFIG_INVALID. */
export function createConnections({ caBundleFile, proxy }: AwsDefaults): Connections {
  const ca = caBundleFile === undefined ? undefined : readCaBundle(caBundleFile);
  const options = { keepAlive: true, maxSockets, proxyEnv: toProxyEnv(proxy) };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) });
  // Its own warnings go to the console; our metrics say the same.
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const handler = new NodeHttpHandler({ httpAgent, httpsAgent, logger });
  return {
    handler,
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function readCaBundle(file: string): string {
  try {
    const ca = readFileSync(file, 'utf8');
    const certificates = ca.match(certificateBlock) ?? [];
    for (const certificate of certificates) new X509Certificate(certificate);
    if (certificates.length > 0) return ca;
  } catch (cause) {
    const problem = `AWS_CA_BUNDLE: ${file} cannot be read as certificates in PEM form`;
    throw new SecretError('CONFIG_INVALID', problem, { cause });
  }
  throw new SecretError('CONFIG_INVALID', `AWS_CA_BUNDLE: ${file} holds no certificate in PEM form`);
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Node's agents do the rest, NO_PROXY included. */
function toProxyEnv({ httpsProxy, httpProxy, noProxy }: AwsDefaults['proxy']): NodeJS.ProcessEnv {
  return {
    ...(httpsProxy !== undefined && { HTTPS_PROXY: httpsProxy }),
    ...(httpProxy !== undefined && { HTTP_PROXY: httpProxy }),
    ...(noProxy !== undefined && { NO_PROXY: noProxy }),
  };
}
