import type { ServerResponse } from 'node:http';

import type { KubeObject } from '../../src/kube/objects.ts';
import { gone, toRepresentation } from './kube-replies.ts';
import type { KubeRequest } from './kube-requests.ts';
import { isSelected, type KubeStore, type StoredChange, toKindKey } from './kube-store.ts';

interface OpenWatch {
  readonly request: KubeRequest;
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
  isFrozen: boolean;
}

/** The watches that are open, and what can happen to them. */
export class KubeWatches {
  readonly #store: KubeStore;
  readonly #open = new Set<OpenWatch>();

  constructor(store: KubeStore) {
    this.#store = store;
    store.listen((change) => this.#tell(change));
  }

  get count(): number {
    return this.#open.size;
  }

  /** Answers what happened since the version, then what happens. A forgotten version is an event, as the real one does. */
  open(request: KubeRequest, response: ServerResponse): void {
    const version = Number(request.query.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (version < this.#store.compactedVersion) {
      const { body } = gone(`too old resource version: ${version} (${this.#store.compactedVersion})`);
      response.end(toLine('ERROR', body));
      return;
    }
    const seconds = Number(request.query.get('timeoutSeconds') ?? 3600);
    const timer = setTimeout(() => response.end(), seconds * 1000).unref();
    const watch: OpenWatch = { request, response, timer, isFrozen: false };
    this.#open.add(watch);
    response.on('close', () => {
      clearTimeout(timer);
      this.#open.delete(watch);
    });
    for (const change of this.#store.changesAfter(version)) send(watch, change);
  }

  /** Tells the ones that asked for it how far they are. */
  bookmark(): void {
    for (const { request, response, isFrozen } of this.#open) {
      if (request.query.get('allowWatchBookmarks') !== 'true' || isFrozen) continue;
      const object = { apiVersion: 'v1', kind: '', metadata: { resourceVersion: String(this.#store.version) } };
      response.write(toLine('BOOKMARK', object));
    }
  }

  /** As the API server does when the time of a watch is up. */
  end(): void {
    for (const { response } of this.#open) response.end();
  }

  /** As a network does that fails. */
  cut(): void {
    for (const { response } of this.#open) response.destroy();
  }

  /** Those that are open stay so, and nothing comes any more: half of the connection is dead. */
  freeze(): void {
    for (const watch of this.#open) watch.isFrozen = true;
  }

  /** Writes this to all of them as it is. */
  send(bytes: string | Buffer): void {
    for (const { response } of this.#open) response.write(bytes);
  }

  #tell(change: StoredChange): void {
    for (const watch of this.#open) {
      // One that was ended stays among them until its connection has closed.
      if (!watch.isFrozen && !watch.response.writableEnded) send(watch, change);
    }
  }
}

/** To who selects by labels, an object that loses them is deleted, and one that gets them is added. */
function send({ request, response }: OpenWatch, { kind, previous, current, version }: StoredChange): void {
  if (kind !== toKindKey(request)) return;
  const isSeen = (object: KubeObject | undefined): object is KubeObject =>
    object !== undefined &&
    (request.namespace === undefined || request.namespace === object.metadata.namespace) &&
    isSelected(object, request.query.get('labelSelector') ?? undefined);
  const wasSeen = isSeen(previous);
  if (isSeen(current)) {
    response.write(toLine(wasSeen ? 'MODIFIED' : 'ADDED', toRepresentation(current, request)));
  } else if (wasSeen) {
    const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } };
    response.write(toLine('DELETED', toRepresentation(last, request)));
  }
}

function toLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
