import type { ApiClient, AppliedObject, CallOptions, ObjectName } from '../../src/kube/client/api-client.ts';
import { type KubeList, type KubeObject, keyOf, type Resource } from '../../src/kube/objects.ts';
import { SecretError } from '../../src/core/errors.ts';
import { untilAborted } from '../../src/platform/until-aborted.ts';

/** A call as it was made. */
export interface ScriptedCall {
  /** `update leases lockstep/controller`, `create serviceaccounts shop/web token`. */
  readonly what: string;
  /** What was sent: an object, a patch, the body of a subresource. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

/**
 * The API server for what reads and writes single objects, without a socket: it keeps them, and knows versions. A test may
 * hold up or fail a call before it takes effect, or only its answer.
 */
export class ScriptedKubeWrites implements ApiClient {
  readonly objects = new Map<string, KubeObject>();
  readonly calls: ScriptedCall[] = [];
  before: (call: ScriptedCall) => void | Promise<void> = () => undefined;
  after: (call: ScriptedCall) => void | Promise<void> = () => undefined;
  /** What a subresource answers. */
  answer: (call: ScriptedCall) => object = () => ({});
  #version = 0;

  get asked(): readonly string[] {
    return this.calls.map(({ what }) => what);
  }

  /** Of one call, or of all that begin like this. */
  bodies(what: string): readonly unknown[] {
    return this.calls.filter((call) => call.what.startsWith(what)).map(({ body }) => body);
  }

  get(resource: Resource, name: ObjectName, options: CallOptions): Promise<KubeObject | undefined> {
    return this.#call({ verb: 'get', resource, name, options }, (key) => this.objects.get(key));
  }

  create(resource: Resource, object: AppliedObject, options: CallOptions): Promise<KubeObject> {
    return this.#call({ verb: 'create', resource, name: object.metadata, body: object, options }, (key) => {
      if (this.objects.has(key)) throw new SecretError('KUBE_CONFLICT', `${key} already exists`);
      return this.put(resource, object);
    });
  }

  apply(resource: Resource, object: AppliedObject, options: CallOptions): Promise<KubeObject> {
    return this.#call({ verb: 'apply', resource, name: object.metadata, body: object, options }, () =>
      this.put(resource, object),
    );
  }

  update(resource: Resource, object: KubeObject, options: CallOptions): Promise<KubeObject> {
    return this.#call({ verb: 'update', resource, name: object.metadata, body: object, options }, (key) => {
      if (this.#existing(key).metadata.resourceVersion === object.metadata.resourceVersion) {
        return this.put(resource, object);
      }
      throw new SecretError('KUBE_CONFLICT', `${key} has been modified`);
    });
  }

  patch(resource: Resource, name: ObjectName, patch: object, options: CallOptions): Promise<KubeObject> {
    return this.#call({ verb: 'patch', resource, name, body: patch, options }, (key) =>
      this.put(resource, { ...this.#existing(key), ...patch }),
    );
  }

  delete(resource: Resource, name: ObjectName, options: CallOptions): Promise<void> {
    return this.#call({ verb: 'delete', resource, name, options }, (key) => void this.objects.delete(key));
  }

  async createSubresource(
    resource: Resource,
    name: ObjectName,
    subresource: string,
    { body, signal }: CallOptions & { readonly body: object },
  ): Promise<KubeObject> {
    const options = { signal };
    await this.#call({ verb: 'create', resource, name, subresource, body, options }, () => undefined);
    const metadata = { ...name, uid: '', resourceVersion: '' } as KubeObject['metadata'];
    return { metadata, ...this.answer({ what: '', body, signal }) };
  }

  list(): Promise<KubeList> {
    return Promise.resolve({ metadata: { resourceVersion: '0' }, items: [] });
  }

  watch(): AsyncIterable<never> {
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Makes or replaces an object, as somebody else. */
  put(resource: Resource, object: AppliedObject | KubeObject): KubeObject {
    const metadata = { uid: 'uid', ...object.metadata, resourceVersion: String(++this.#version) };
    // What is left out of the metadata is optional.
    const stored = { ...object, metadata } as KubeObject;
    this.objects.set(`${resource.plural} ${keyOf(object.metadata)}`, stored);
    return stored;
  }

  #existing(key: string): KubeObject {
    const object = this.objects.get(key);
    if (!object) throw new SecretError('KUBE_NOT_FOUND', `${key} not found`);
    return object;
  }

  async #call<T>({ verb, resource, name, subresource, body, options }: Call, act: (key: string) => T): Promise<T> {
    const { signal } = options;
    signal.throwIfAborted();
    const key = `${resource.plural} ${keyOf(name)}`;
    const call = { what: [verb, key, subresource].filter(Boolean).join(' '), body, signal };
    this.calls.push(call);
    await untilAborted(Promise.try(this.before, call), signal);
    const answer = act(key);
    await untilAborted(Promise.try(this.after, call), signal);
    return answer;
  }
}

interface Call {
  readonly verb: string;
  readonly resource: Resource;
  readonly name: ObjectName;
  readonly subresource?: string;
  readonly body?: unknown;
  readonly options: CallOptions;
}
