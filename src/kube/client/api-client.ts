import type { KubeList, KubeObject, Resource } from '../objects.ts';

/** Where an object stands. Undefined namespace: the kind has none. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface CallOptions {
  /** Ends the call, with its reason. */
  readonly signal: AbortSignal;
}

export interface ReadOptions extends CallOptions {
  /** Names, labels, annotations and the like only: for objects whose body is none of our business. */
  readonly metadataOnly?: boolean;
}

export interface ListOptions extends ReadOptions {
  /** Undefined: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Objects per page. */
  readonly limit?: number;
  /** The token of the previous page. */
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions extends ReadOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly resourceVersion: string;
  /** After so long the API server ends the watch. */
  readonly timeoutSeconds: number;
  /** A connection that says nothing for so long is taken for dead: KUBE_TIMEOUT. */
  readonly idleLimitMs: number;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  /** `code` 410: the version is too old, list again. */
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

export interface ApplyOptions extends CallOptions {
  /** Takes over fields that others own; otherwise they make the call fail with KUBE_CONFLICT. */
  readonly force: boolean;
  readonly subresource?: 'status';
  /** To whom the fields belong then; `lockstep` unless given. */
  readonly fieldManager?: string | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** The object must still be this one: otherwise KUBE_CONFLICT. */
  readonly preconditions: { readonly uid: string; readonly resourceVersion?: string };
}

/** What is applied: `apiVersion` and `kind` are filled in from the resource. */
export interface AppliedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    /**
     * Set: the object must still have this version, otherwise KUBE_CONFLICT. One that is gone is made anew, unless `uid` is
     * set as well.
     */
    readonly resourceVersion?: string;
    /** Set: it must still be this object, otherwise KUBE_CONFLICT. */
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly object[];
  };
  readonly [field: string]: unknown;
}

/**
 * Calls to the API server: raw JSON, one shape everywhere, each with a deadline of its own besides the caller's signal. A
 * failure is a SecretError KUBE_…; its message says verb, resource, namespace, the server's own reason and the remedy.
 */
export interface ApiClient extends ApiReader {
  /** Server-side apply. */
  apply(resource: Resource, object: AppliedObject, options: ApplyOptions): Promise<KubeObject>;
  /** KUBE_CONFLICT when it is there already. */
  create(resource: Resource, object: AppliedObject, options: CallOptions): Promise<KubeObject>;
  /** Whole object; its resourceVersion must be the current one. */
  update(resource: Resource, object: KubeObject, options: CallOptions): Promise<KubeObject>;
  /** JSON merge patch. */
  patch(resource: Resource, name: ObjectName, patch: object, options: PatchOptions): Promise<KubeObject>;
  /** Gone already is fine. */
  delete(resource: Resource, name: ObjectName, options: DeleteOptions): Promise<void>;
  /** A subresource that answers something else: `token` of a service account. */
  createSubresource(
    resource: Resource,
    name: ObjectName,
    subresource: string,
    options: SubresourceOptions,
  ): Promise<KubeObject>;
  close(): Promise<void>;
}

export interface ApiReader {
  /** Undefined: there is none. */
  get(resource: Resource, name: ObjectName, options: ReadOptions): Promise<KubeObject | undefined>;
  /** One page. */
  list(resource: Resource, options: ListOptions): Promise<KubeList>;
  /** Ends when the server ends it. Throws KUBE_… when it could not begin or broke, KUBE_GONE for an answer 410. */
  watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent>;
}

export interface PatchOptions extends CallOptions {
  readonly subresource?: 'status';
}

export interface SubresourceOptions extends CallOptions {
  readonly body: object;
}
