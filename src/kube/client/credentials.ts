import { createHash } from 'node:crypto';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';

import { KubeConfig } from '@kubernetes/client-node';

import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { untilAborted } from '../../platform/until-aborted.ts';

/** TLS of a connection: authorities, client certificate, server name. */
export type TlsMaterial = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'
>;

/** As whom lockstep talks to the API server, for a while. */
export interface Identity {
  /** `authorization` and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Connections of one identity must not serve another with other material. */
  readonly tlsDigest: string;
  /** Where the kubeconfig names a proxy: leads through it. */
  readonly proxy: Agent | undefined;
}

export interface Credentials {
  /** Kept for a minute. Throws KUBE_UNAUTHENTICATED when there are none, or the signal's reason. */
  current(signal: AbortSignal): Promise<Identity>;
  /** After an answer 401: what is there now, read anew. The very same object where nothing else can be had. */
  renew(refused: Identity, signal: AbortSignal): Promise<Identity>;
}

/** How long a mounted token or certificate is used before its file is read again. */
const freshMs = 60_000;
/** The files or the plug-in failed: the old ones serve until they are tried again. */
const retryMs = 5_000;

/**
 * Headers and TLS of a kubeconfig or pod: tokens, token files, client certificates, and exec plug-ins as the library runs
 * them. Concurrent calls share one reading.
 */
export function createCredentials(
  config: KubeConfig,
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
): Credentials {
  let source = config;
  let known: Identity | undefined;
  let freshUntilMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Identity> | undefined;

  async function read(): Promise<Identity> {
    try {
      const found = await readIdentity(source);
      if (known === undefined || !isDeepStrictEqual(known, found)) known = found;
      freshUntilMs = clock.monotonic() + freshMs;
    } catch (error) {
      if (known === undefined) throw toCredentialsError(error);
      freshUntilMs = clock.monotonic() + retryMs;
    } finally {
      reading = undefined;
    }
    return known;
  }

  return {
    async current(signal) {
      if (known !== undefined && clock.monotonic() < freshUntilMs) return known;
      // The library reads a token file once a minute by a clock of its own.
      if (reading === undefined && hasTokenFile(config)) source = copyConfig(config);
      return await untilAborted((reading ??= read()), signal);
    },
    async renew(refused, signal) {
      if (known !== undefined && known !== refused) return known;
      // The library keeps what a plug-in answered, or a file held, in the configuration.
      if (reading === undefined) source = copyConfig(config);
      return await untilAborted((reading ??= read()), signal);
    },
  };
}

async function readIdentity(config: KubeConfig): Promise<Identity> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth, agent } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(isSet),
  );
  const isProxied = Boolean(config.getCurrentCluster()?.proxyUrl);
  return {
    headers: { ...toHeaders(options.headers), ...(auth && { authorization: toBasic(auth) }) },
    tls,
    tlsDigest: createHash('sha256').update(JSON.stringify(tls)).digest('hex'),
    proxy: isProxied && typeof agent === 'object' ? agent : undefined,
  };
}

function isSet([, value]: readonly [string, unknown]): boolean {
  return value !== undefined;
}

/** A token file may end with a line break, which no header may. */
function toHeaders(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]),
  );
}

function toBasic(auth: string): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`;
}

function hasTokenFile(config: KubeConfig): boolean {
  const provider: unknown = config.getCurrentUser()?.authProvider;
  if (typeof provider !== 'object' || provider === null || !('config' in provider)) return false;
  return typeof provider.config === 'object' && provider.config !== null && 'tokenFile' in provider.config;
}

/** The same configuration, which has read and run nothing yet. */
function copyConfig({ clusters, users, contexts, currentContext }: KubeConfig): KubeConfig {
  const copy = new KubeConfig();
  copy.loadFromOptions({ clusters, users, contexts, currentContext });
  return copy;
}

/** The words of a plug-in or parser may hold a token: only the code of a system error is shown, and nothing is logged. */
function toCredentialsError(error: unknown): SecretError {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  const remedy = 'check the files that the kubeconfig or the pod names, and run its exec plug-in by hand';
  return new SecretError('KUBE_UNAUTHENTICATED', `lockstep has no credentials for the API server${code}; ${remedy}`);
}
