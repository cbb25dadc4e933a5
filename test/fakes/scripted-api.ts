import type { ApiReader, ListOptions, WatchEvent, WatchOptions } from '../../src/kube/client/api-client.ts';
import type { KubeList, KubeObject, Resource } from '../../src/kube/objects.ts';

/** An API server for what lists and watches: a test answers each list, and speaks for each watch. */
export class ScriptedApi implements ApiReader {
  readonly lists: { readonly resource: Resource; readonly options: ListOptions }[] = [];
  readonly watches: ScriptedWatch[] = [];
  /** Answers every list; throws what the client would throw. */
  onList: (options: ListOptions) => KubeList | Promise<KubeList> = () => listOf('1');
  /** Throws before a watch begins, as the client does when it is refused. */
  onWatch: (options: WatchOptions) => void = () => undefined;

  get(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async list(resource: Resource, options: ListOptions): Promise<KubeList> {
    this.lists.push({ resource, options });
    return this.onList(options);
  }

  async *watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent> {
    const watch = new ScriptedWatch(resource, options);
    this.watches.push(watch);
    this.onWatch(options);
    try {
      yield* watch.events();
    } finally {
      watch.isOver = true;
    }
  }

  /** The one that was begun last. */
  get lastWatch(): ScriptedWatch {
    return known(this.watches.at(-1));
  }

  lastWatchOf(namespace: string): ScriptedWatch {
    return known(this.watches.findLast(({ options }) => options.namespace === namespace));
  }

  /** The last watch breaks with `end`, and from now on nothing is answered but the error. */
  refuse(error: Error, end: Error): void {
    const refuse = (): never => {
      throw error;
    };
    this.onList = refuse;
    this.onWatch = refuse;
    this.lastWatch.fail(end);
  }
}

/** The server's side of a watch. */
export class ScriptedWatch {
  readonly resource: Resource;
  readonly options: WatchOptions;
  /** Nobody follows it any more. */
  isOver = false;
  /** Does as if the signal were not there: a connection that hangs in the system. */
  isDeaf = false;
  readonly #queue: (() => WatchEvent | undefined)[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(resource: Resource, options: WatchOptions) {
    this.resource = resource;
    this.options = options;
    options.signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
  }

  send(...events: readonly WatchEvent[]): void {
    for (const event of events) this.#push(() => event);
  }

  /** As the server does after timeoutSeconds. */
  end(): void {
    this.#push(() => undefined);
  }

  fail(error: Error): void {
    this.#push(() => {
      throw error;
    });
  }

  async *events(): AsyncIterable<WatchEvent> {
    for (;;) {
      if (this.options.signal.aborted && !this.isDeaf) throw this.options.signal.reason;
      const next = this.#queue.shift();
      if (next === undefined) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
        continue;
      }
      const event = next();
      if (event === undefined) return;
      yield event;
    }
  }

  #push(next: () => WatchEvent | undefined): void {
    this.#queue.push(next);
    this.#wake.resolve();
  }
}

function known(watch: ScriptedWatch | undefined): ScriptedWatch {
  if (watch === undefined) throw new Error('it is not watched');
  return watch;
}

/** A page of a list; the last one without a token. */
export function listOf(resourceVersion: string, items: readonly KubeObject[] = [], token?: string): KubeList {
  return { metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items };
}

/** `namespace/name` at a version, with something to tell it by. */
export function objectAt(key: string, resourceVersion: string, value = `value-${resourceVersion}`): KubeObject {
  const [namespace = '', name = ''] = key.split('/');
  return { metadata: { namespace, name, uid: `uid-${key}`, resourceVersion }, spec: { value } };
}

/** What a server sends about once a minute. */
export function bookmarkAt(resourceVersion: string): WatchEvent {
  return { type: 'BOOKMARK', object: { metadata: { name: '', uid: '', resourceVersion } } };
}
