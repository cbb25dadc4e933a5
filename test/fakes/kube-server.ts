import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { text } from 'node:stream/consumers';

import { KubeConfig } from '@kubernetes/client-node';

import { apiVersionOf, type KubeObject, keyOf, type Resource, resources } from '../../src/kube/objects.ts';
import { updateFields } from './kube-apply.ts';
import { KubeListener } from './kube-listener.ts';
import { issueKubeToken, listKube, type OpenLists, readKube } from './kube-reads.ts';
import {
  forbidden,
  gone,
  type KubeReply,
  notFound,
  refuseKube,
  terminating,
  toRepresentation,
  unknownPath,
} from './kube-replies.ts';
import {
  describeKubeRequest,
  fitsKubeRequest,
  type KubeMatch,
  type KubeRequest,
  parseKubeRequest,
  type ScriptedKubeReply,
} from './kube-requests.ts';
import { toStored } from './kube-secrets.ts';
import { KubeStore, toKindKey } from './kube-store.ts';
import { KubeWatches } from './kube-watches.ts';
import { findKube, writeKube } from './kube-writes.ts';

export interface FakeKubeOptions {
  /** With `requestCert` the client must show one. */
  readonly tls?: ServerOptions;
  /** For the times of objects and tokens. */
  readonly now?: () => number;
}

interface Script {
  readonly match: KubeMatch;
  readonly reply: ScriptedKubeReply;
  /** The request is carried out, and only its answer is another. */
  readonly isCarriedOut: boolean;
  times: number;
}

export interface ScriptOptions {
  /** How often it answers; always unless given. */
  readonly times?: number;
  readonly isCarriedOut?: boolean;
}

/** What a test puts there: `apiVersion`, `kind` and the server's part of the metadata are filled in. */
export interface PutObject {
  readonly metadata: Omit<Partial<KubeObject['metadata']>, 'name'> & { readonly name: string };
  readonly [field: string]: unknown;
}

/**
 * An API server on a real socket, without a schema: any of the served kinds, get, paged lists, watches, server-side apply,
 * create, update, merge patch, delete, the status subresource, tokens. Refusals are in the real one's words.
 */
export class FakeKube implements AsyncDisposable {
  readonly store: KubeStore;
  readonly watches: KubeWatches;
  /** Everything that arrived and could be read, in order. */
  readonly requests: KubeRequest[] = [];
  /** Paths that no API server knows. */
  readonly unknownUrls: string[] = [];
  /** The only values of Authorization that are taken; undefined: any. */
  accepted: ReadonlySet<string> | undefined;
  /** Namespaces that are being deleted: nothing new is made there. */
  readonly terminating = new Set<string>();
  /** Namespaces that are not there: nothing can be written. All others are. */
  readonly missingNamespaces = new Set<string>();
  /** `group/plural` of what is served; the kinds of lockstep unless changed. */
  readonly served = new Set(Object.values(resources).map(toKindKey));
  /** How an expired version is told to a watch: as an event of a 200, or as a status. */
  goneAs: 'event' | 'status' = 'event';
  readonly listener: KubeListener;
  readonly #now: () => number;
  readonly #scripts: Script[] = [];
  readonly #lists: OpenLists = new Map();
  #tokens = 0;

  private constructor({ tls, now = () => Date.now() }: FakeKubeOptions) {
    this.#now = now;
    this.store = new KubeStore(now);
    this.watches = new KubeWatches(this.store);
    this.listener = new KubeListener(tls, (request, response) => void this.#answer(request, response));
  }

  static async start(options: FakeKubeOptions = {}): Promise<FakeKube> {
    const kube = new FakeKube(options);
    await kube.listener.listen();
    return kube;
  }

  /** A configuration that leads here, with a token and without verification. */
  get config(): KubeConfig {
    return this.configWith({ token: 'own-token' });
  }

  /** `cluster` and `user` are members of the library's own types. */
  configWith(user: object, cluster: object = { skipTLSVerify: true }): KubeConfig {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'fake', server: this.listener.address, ...cluster }],
      users: [{ name: 'fake', ...user }],
      contexts: [{ name: 'fake', cluster: 'fake', user: 'fake' }],
      currentContext: 'fake',
    });
    return config;
  }

  /** `apply secrets shop/db`, `list secrets`, … in order of arrival. */
  get calls(): readonly string[] {
    return this.requests.map(describeKubeRequest);
  }

  count(match: KubeMatch): number {
    return this.requests.filter((request) => fitsKubeRequest(match, request)).length;
  }

  /**
   * Makes or replaces an object, as somebody else; metadata that are left out stay. Empty `managedFields` are kept: as
   * restored from a backup.
   */
  put(resource: Resource, object: PutObject, { manager = 'kubectl' } = {}): KubeObject {
    const kind = toKindKey(resource);
    const current = this.store.get(kind, keyOf(object.metadata));
    const metadata = { ...current?.metadata, ...object.metadata };
    // The store fills in what is missing of the metadata.
    const whole = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object, metadata } as KubeObject;
    const next = toStored(resource, whole);
    return this.store.write(kind, updateFields(current, next, { manager, operation: 'Update' }));
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.store.get(toKindKey(resource), keyOf({ namespace, name }));
  }

  /** All of a kind, in order of their keys. */
  all(resource: Resource, namespace?: string): readonly KubeObject[] {
    return this.store.list(toKindKey(resource), { namespace, labelSelector: undefined });
  }

  remove(resource: Resource, namespace: string | undefined, name: string): void {
    this.store.remove(toKindKey(resource), keyOf({ namespace, name }));
  }

  /** Answers in place of the true answer, the newest first. */
  script(match: KubeMatch, reply: ScriptedKubeReply, options: ScriptOptions = {}): void {
    const { times = Number.POSITIVE_INFINITY, isCarriedOut = false } = options;
    this.#scripts.unshift({ match, reply, times, isCarriedOut });
  }

  /** RBAC says no, in its own words. */
  forbid(match: KubeMatch): void {
    this.script(match, forbidden);
  }

  clearScripts(): void {
    this.#scripts.length = 0;
  }

  /** Every version before now is too old for a watch, and every list that is under way has to begin again. */
  compact(): void {
    this.store.compact();
    this.#lists.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    // A client that gave up in the middle of its body.
    const body = await text(incoming).catch(() => undefined);
    if (body === undefined) return;
    const request = parseKubeRequest({ method, url, headers, text: body });
    if (!request) {
      this.unknownUrls.push(url);
      return reply(response, unknownPath);
    }
    this.requests.push(request);
    const script = this.#scripts.find(({ match, times }) => times > 0 && fitsKubeRequest(match, request));
    if (script) script.times--;
    if (script?.isCarriedOut) this.#behave(request);
    const scripted = typeof script?.reply === 'function' ? await script.reply(request) : script?.reply;
    if (scripted) return reply(response, scripted);
    const answer = this.#refuse(request) ?? (request.verb === 'watch' ? undefined : this.#behave(request));
    if (answer) reply(response, answer);
    else this.watches.open(request, response);
  }

  #refuse(request: KubeRequest): KubeReply | undefined {
    const { verb, namespace, headers, query } = request;
    if (this.accepted?.has(headers.authorization ?? '') === false) {
      return refuseKube({ status: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    }
    if (!this.served.has(toKindKey(request))) return unknownPath;
    const isNew = verb === 'create' || (verb === 'apply' && !findKube(this.store, request));
    if (isNew && this.missingNamespaces.has(namespace ?? '')) return notFound('namespaces', namespace ?? '');
    if (isNew && this.terminating.has(namespace ?? '')) return terminating(request);
    const version = Number(query.get('resourceVersion') ?? 0);
    const isGone = verb === 'watch' && this.goneAs === 'status' && version < this.store.compactedVersion;
    return isGone ? gone(`too old resource version: ${version} (${this.store.compactedVersion})`) : undefined;
  }

  #behave(request: KubeRequest): KubeReply {
    if (request.verb === 'get') return readKube(this.store, request);
    if (request.verb === 'list') return listKube(this.store, this.#lists, request);
    if (request.subresource === 'token') {
      return issueKubeToken(this.store, request, { number: ++this.#tokens, now: this.#now() });
    }
    const written = writeKube(this.store, request);
    if (typeof written === 'string' || 'body' in written) return written;
    return { status: written.status, body: toRepresentation(written.object, request) };
  }
}

function reply(response: ServerResponse, answer: KubeReply): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.destroy();
    return;
  }
  const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(body);
}
