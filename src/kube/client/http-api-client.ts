import type { KubeConfig } from '@kubernetes/client-node';

import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline } from '../../platform/deadline.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { readList, readObject, readReply } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';
import type { ApiClient, ApiReader } from './api-client.ts';
import { invalidAnswerError, toCallError } from './api-errors.ts';
import { createConnections } from './connections.ts';
import { createCredentials } from './credentials.ts';
import { apiVersionOf, fieldManager, type Resource } from '../objects.ts';
import { toQuery, toResourcePath } from './resource-path.ts';
import { sendCall, type SendOptions, type Sent } from './send-call.ts';
import { readWatch } from '../watch/watch-stream.ts';

export interface ApiClientDeps {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'kubeRequests'>;
  /** Of one call with its pauses, and of the beginning of a watch; 30 s unless given. */
  readonly timeoutMs?: number;
}

/**
 * The API server over HTTP/1.1 with kept connections; watches have their own. Throws CONFIG_INVALID for a configuration
 * that names no server it could talk to.
 */
export function createApiClient(config: KubeConfig, deps: ApiClientDeps): ApiClient {
  const { clock } = deps;
  const connections = createConnections(toServer(config));
  const own = {
    ...deps,
    connections,
    credentials: createCredentials(config, { clock }),
    closing: new AbortController(),
  };
  const send: Send = (call, options) => sendInTime(call, options, own);
  return {
    ...createReader(send, own),
    ...createWriter(send),
    close() {
      own.closing.abort(new SecretError('SHUTTING_DOWN', 'the connections to the API server are closed'));
      connections.close();
      return Promise.resolve();
    },
  };
}

type Send = (call: ApiCall, options: CallSettings) => Promise<Sent>;

interface CallSettings {
  readonly signal: AbortSignal;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
}

type Own = ApiClientDeps & Parameters<typeof sendCall>[2] & { readonly closing: AbortController };

const defaultTimeoutMs = 30_000;
const json = 'application/json';
const partialObject = `${json};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
const partialList = `${json};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;

async function sendInTime(call: ApiCall, { query = {}, signal, ...settings }: CallSettings, own: Own): Promise<Sent> {
  const { clock, timeoutMs = defaultTimeoutMs, closing } = own;
  // What is new is sent to where its like stands.
  const isNew = call.verb === 'create' && call.subresource === undefined;
  const path = toResourcePath(isNew ? { ...call, name: undefined } : call) + toQuery(query);
  const deadlineMs = clock.monotonic() + timeoutMs;
  using deadline = createDeadline({ clock, atMs: clock.now() + timeoutMs, parents: [signal, closing.signal] });
  const options: SendOptions = { accept: json, ...settings, path, deadlineMs, signal: deadline.signal };
  try {
    return await sendCall(call, options, own);
  } catch (error) {
    signal.throwIfAborted();
    throw toCallError(deadline.signal.aborted ? deadline.signal.reason : error, call);
  }
}

function createReader(send: Send, { clock, closing }: Pick<Own, 'clock' | 'closing'>): ApiReader {
  return {
    async get(resource, name, { signal, metadataOnly }) {
      const call: ApiCall = { verb: 'get', resource, ...name };
      const sent = await send(call, { signal, accept: metadataOnly ? partialObject : json });
      return sent === 'missing' ? undefined : readObject(bodyOf(sent, call), call);
    },
    async list(resource, { namespace, signal, metadataOnly, labelSelector, limit, resourceVersion, ...options }) {
      const call: ApiCall = { verb: 'list', resource, namespace };
      const query = { labelSelector, limit, continue: options.continue, resourceVersion };
      const sent = await send(call, { signal, query, accept: metadataOnly ? partialList : json });
      return readList(bodyOf(sent, call), call);
    },
    async *watch(resource, { namespace, signal, metadataOnly, labelSelector, idleLimitMs, ...options }) {
      const call: ApiCall = { verb: 'watch', resource, namespace };
      const { resourceVersion, timeoutSeconds } = options;
      const query = { watch: 1, allowWatchBookmarks: 'true', labelSelector, resourceVersion, timeoutSeconds };
      // The form of a list would be taken, and would send no event.
      const sent = await send(call, { signal, query, accept: metadataOnly ? partialObject : json });
      if (sent === 'missing' || !('stream' in sent)) throw invalidAnswerError(call, 'it is no stream');
      yield* readWatch(sent.stream, { call, clock, idleLimitMs, signal: AbortSignal.any([signal, closing.signal]) });
    },
  };
}

function createWriter(send: Send): Omit<ApiClient, keyof ApiReader | 'close'> {
  const write = async (call: ApiCall, settings: CallSettings) => {
    const sent = await send(call, { ...settings, query: { fieldManager, ...settings.query } });
    return bodyOf(sent, call);
  };
  return {
    async apply(resource, object, { signal, force, subresource, fieldManager: manager = fieldManager }) {
      const call: ApiCall = {
        verb: 'apply',
        resource,
        subresource,
        ...placeOf(object),
        body: toBody(resource, object),
      };
      const query = { force: String(force), fieldManager: manager };
      return readObject(await write(call, { signal, query, contentType: 'application/apply-patch+yaml' }), call);
    },
    async create(resource, object, { signal }) {
      const call: ApiCall = { verb: 'create', resource, ...placeOf(object), body: toBody(resource, object) };
      return readObject(await write(call, { signal }), call);
    },
    async update(resource, object, { signal }) {
      const call: ApiCall = { verb: 'update', resource, ...placeOf(object), body: toBody(resource, object) };
      return readObject(await write(call, { signal }), call);
    },
    async patch(resource, name, patch, { signal, subresource }) {
      const call: ApiCall = { verb: 'patch', resource, subresource, ...name, body: patch };
      return readObject(await write(call, { signal, contentType: 'application/merge-patch+json' }), call);
    },
    async delete(resource, name, { signal, preconditions }) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      await send({ verb: 'delete', resource, ...name, body }, { signal });
    },
    async createSubresource(resource, name, subresource, { signal, body }) {
      const call: ApiCall = { verb: 'create', resource, subresource, ...name, body };
      return readReply(await write(call, { signal }), call);
    },
  };
}

function bodyOf(sent: Sent, call: ApiCall): Buffer {
  if (sent !== 'missing' && 'body' in sent) return sent.body;
  throw invalidAnswerError(call, 'it has no body');
}

function placeOf({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string | undefined; readonly name: string };
}) {
  return { namespace: metadata.namespace, name: metadata.name };
}

function toBody(resource: Resource, object: object): object {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function toServer(config: KubeConfig): URL {
  const cluster = config.getCurrentCluster();
  const server = cluster?.server ?? '';
  if (!URL.canParse(server)) {
    throw new SecretError('CONFIG_INVALID', 'the kubeconfig names no API server; set current-context and its cluster');
  }
  const url = new URL(server);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && cluster?.skipTLSVerify)) return url;
  // The library talks to such a server only then.
  const remedy = 'use https, or say insecure-skip-tls-verify';
  throw new SecretError('CONFIG_INVALID', `the kubeconfig's server ${url.origin} has no TLS; ${remedy}`);
}
