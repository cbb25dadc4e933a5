import { LRUCache } from 'lru-cache';
import nodeVault from 'node-vault';

import { SecretError } from '../../core/errors.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { VaultAddress } from './address.ts';
import { describeCall, type VaultCall, type WireAnswer } from './call.ts';
import { refusalCode } from './errors.ts';
import { maxPools } from './limits.ts';
import type { PolicyGuard } from './policy.ts';
import type { Transport } from './transport.ts';

export interface ClientDeps {
  readonly guard: PolicyGuard;
  readonly transport: Transport;
  readonly metrics: Pick<Metrics, 'storeRequests' | 'storeRequestDuration'>;
}

/** Calls Vault. Any status is an answer; throws SecretError when there is none. */
export type VaultClient = (call: VaultCall, options: { readonly signal: AbortSignal }) => Promise<WireAnswer>;

/**
 * node-vault as the API layer over our transport. It knows neither tokens nor namespaces: those are fresh headers of each
 * call, so one client per address serves everybody, and the environment has no say.
 */
export function createVaultClient({ guard, transport, metrics }: ClientDeps): VaultClient {
  const clients = new LRUCache<string, ApiClient>({ max: maxPools });
  return async (call, { signal }) => {
    const labels = { store: 'vault', operation: call.operation };
    const stop = metrics.storeRequestDuration.startTimer(labels);
    let result = 'ok';
    try {
      const address = guard.checkStore(call.store);
      const client = clients.get(address.text) ?? createApiClient(address, transport);
      clients.set(address.text, client);
      const answer = await send(client, { call, address, signal });
      if (answer.status >= 400) result = refusalCode(answer.status, call.operation);
      return answer;
    } catch (error) {
      result = error instanceof SecretError ? error.code : 'INTERNAL';
      throw error;
    } finally {
      stop();
      metrics.storeRequests.inc({ ...labels, result });
    }
  };
}

type ApiClient = ReturnType<typeof nodeVault>;

interface ApiRequest {
  readonly call: VaultCall;
  readonly address: VaultAddress;
  readonly signal: AbortSignal;
}

/** What node-vault hands to its transport: everything it was given, and the whole URL. */
interface ApiTransportOptions extends ApiRequest {
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** node-vault passes a body on without looking into it, unless it has `errors`: hidden in here it stays as it came. */
class OpaqueBody {
  readonly answer: WireAnswer;

  constructor(answer: WireAnswer) {
    this.answer = answer;
  }
}

function createApiClient(address: VaultAddress, transport: Transport): ApiClient {
  const send = async ({ call, uri, headers, signal }: ApiTransportOptions): Promise<object> => {
    const answer = await transport({ call, address, uri, headers, signal });
    return { statusCode: answer.status, body: new OpaqueBody(answer), request: { path: call.path } };
  };
  const client = nodeVault({
    endpoint: address.origin + address.basePath,
    'request-promise': { defaults: () => send },
    // Its own prints bodies.
    debug: () => undefined,
  });
  // What node-vault would take from VAULT_TOKEN, VAULT_NAMESPACE and VAULT_PREFIX.
  return Object.assign(client, { token: '', namespace: '', pathPrefix: '' });
}

async function send(client: ApiClient, request: ApiRequest): Promise<WireAnswer> {
  const { call } = request;
  const query = call.query === '' ? '' : `?${call.query}`;
  try {
    const path = pathBelowApi(call) + query;
    return toAnswer(await client.request({ ...request, method: call.method, path, headers: toHeaders(call) }));
  } catch (error) {
    // node-vault rejects with every status but 200 and 204; its error class is not exported.
    return toAnswer(bodyOf(error));
  }
}

/** node-vault puts `/v1` before it. */
function pathBelowApi(call: VaultCall): string {
  if (call.path.startsWith('/v1/')) return call.path.slice('/v1'.length);
  throw new SecretError('PATH_FORBIDDEN', `${describeCall(call)}: the path does not start with /v1/`);
}

function toHeaders({ store, token, body }: VaultCall): Record<string, string> {
  return {
    'X-Vault-Request': 'true',
    ...(token && { 'X-Vault-Token': token.reveal().toString('latin1') }),
    ...(store.namespace !== '' && { 'X-Vault-Namespace': store.namespace }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  };
}

function bodyOf(error: unknown): unknown {
  const response: unknown = error instanceof Error && 'response' in error ? error.response : undefined;
  if (typeof response === 'object' && response !== null && 'body' in response) return response.body;
  throw error;
}

function toAnswer(body: unknown): WireAnswer {
  if (body instanceof OpaqueBody) return body.answer;
  throw new SecretError('INTERNAL', 'the Vault client answered something unexpected');
}
