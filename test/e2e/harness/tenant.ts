import { stringify } from 'yaml';

import type { KubeApi, KubeObject } from './kube-api.ts';
import type {
  ClassOptions,
  Marks,
  ReadSecret,
  SecretObjectOptions,
  SeenEvent,
  SyncCondition,
  SyncedObject,
  SyncOptions,
  SyncView,
} from './tenant-objects.ts';
import { until } from './until.ts';

/** An object `a` of key `value` of a version 2 secret. */
export function oneObject(path: string): readonly SyncedObject[] {
  return [{ objectName: 'a', secretPath: `secret/data/${path}`, secretKey: 'value' }];
}

/** A Secret with that object under the key `a`. */
export function oneSecret(secretName: string): readonly SecretObjectOptions[] {
  return [{ secretName, data: [{ objectName: 'a', key: 'a' }] }];
}

export const syncGroup = '/apis/lockstep.dev/v1alpha1';
export const classGroup = '/apis/secrets-store.csi.x-k8s.io/v1';

/** Objects of one namespace, as a team there keeps them. */
export class Tenant {
  readonly namespace: string;
  readonly kube: KubeApi;
  readonly #defaults: Readonly<Record<string, string>>;

  /** `defaults`: parameters of its classes. */
  constructor(namespace: string, kube: KubeApi, defaults: Readonly<Record<string, string>>) {
    this.namespace = namespace;
    this.kube = kube;
    this.#defaults = defaults;
  }

  /** A class that may be synced. */
  async putClass(name: string, options: ClassOptions): Promise<void> {
    const { provider = 'vault', objects = [], parameters = {}, bare = false, secretObjects, annotations } = options;
    await this.#put(`${classGroup}/namespaces/${this.namespace}/secretproviderclasses`, {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name, labels: options.labels ?? { 'lockstep.dev/sync': 'true' }, annotations },
      spec: {
        provider,
        parameters: bare ? parameters : { ...this.#defaults, objects: stringify(objects), ...parameters },
        ...(secretObjects && { secretObjects: secretObjects.map((each) => ({ type: 'Opaque', ...each })) }),
      },
    });
  }

  async putSync(name: string, spec: SyncOptions = {}, marks: Marks = {}): Promise<void> {
    await this.#put(`${syncGroup}/namespaces/${this.namespace}/secretproviderclasssyncs`, {
      apiVersion: 'lockstep.dev/v1alpha1',
      kind: 'SecretProviderClassSync',
      metadata: { name, ...marks },
      spec: { secretProviderClassName: name, serviceAccountName: 'app', ...spec },
    });
  }

  /** A class with one object `a` from `secret/data/PATH`, key `value`, and a sync that keeps it in a Secret `NAME`. */
  async putPair(name: string, path: string, spec: SyncOptions = {}): Promise<void> {
    await this.putClass(name, { objects: oneObject(path), secretObjects: oneSecret(name) });
    await this.putSync(name, spec);
  }

  /** A Secret that somebody else made. */
  async putForeign(
    name: string,
    data: Readonly<Record<string, string>>,
    marks: Marks & { readonly type?: string } = {},
  ) {
    const { type = 'Opaque', ...metadata } = marks;
    await this.#put(`/api/v1/namespaces/${this.namespace}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, ...metadata },
      type,
      stringData: data,
    });
  }

  /** A merge patch of a SecretProviderClassSync. */
  async patchSync(name: string, patch: object): Promise<void> {
    await this.kube.call('PATCH', this.syncPath(name), patch);
  }

  /** A merge patch of a Secret, as a person makes it. */
  async patchSecret(name: string, patch: object): Promise<void> {
    await this.kube.call('PATCH', this.secretPath(name), patch);
  }

  syncPath(name: string): string {
    return `${syncGroup}/namespaces/${this.namespace}/secretproviderclasssyncs/${name}`;
  }

  classPath(name: string): string {
    return `${classGroup}/namespaces/${this.namespace}/secretproviderclasses/${name}`;
  }

  secretPath(name: string): string {
    return `/api/v1/namespaces/${this.namespace}/secrets/${name}`;
  }

  async readSync(name: string): Promise<SyncView | undefined> {
    return await this.kube.find<SyncView>(this.syncPath(name));
  }

  async readSecret(name: string): Promise<ReadSecret | undefined> {
    const found = await this.kube.find<ReadSecret>(this.secretPath(name));
    return found && toReadSecret(found);
  }

  /** The text of one key; undefined where Secret or key is missing. */
  async readValue(name: string, key = 'a'): Promise<string | undefined> {
    return (await this.readSecret(name))?.data[key];
  }

  /** The same of all Secrets of the namespace, by name. */
  async readValues(key = 'a'): Promise<ReadonlyMap<string, string | undefined>> {
    const path = `/api/v1/namespaces/${this.namespace}/secrets`;
    const { items } = await this.kube.call<{ items: readonly ReadSecret[] }>('GET', path);
    return new Map(items.map((item) => [item.metadata.name, toReadSecret(item).data[key]]));
  }

  async condition(name: string, type = 'Ready'): Promise<SyncCondition | undefined> {
    return (await this.readSync(name))?.status?.conditions?.find((each) => each.type === type);
  }

  /** Waits until the sync is ready for its present generation. */
  async ready(name: string, timeoutMs?: number): Promise<void> {
    await this.untilSync(name, 'to be ready', isReady, timeoutMs);
  }

  /** Names of the syncs that are. */
  async readySyncs(): Promise<ReadonlySet<string>> {
    const path = `${syncGroup}/namespaces/${this.namespace}/secretproviderclasssyncs`;
    const { items } = await this.kube.call<{ items: readonly SyncView[] }>('GET', path);
    return new Set(items.filter(isReady).map(({ metadata }) => metadata.name));
  }

  /** Waits for a reason of the Ready condition and answers the condition. */
  async reason(name: string, reason: string, timeoutMs?: number): Promise<SyncCondition> {
    const sync = await this.untilSync(
      name,
      `to say ${reason}`,
      ({ status }) => (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.reason === reason),
      timeoutMs,
    );
    const found = sync.status?.conditions?.find(({ type }) => type === 'Ready');
    if (found === undefined) throw new Error('no condition');
    return found;
  }

  /** Waits until a Secret's key has this value. */
  async value(name: string, value: string, timeoutMs?: number): Promise<void> {
    const what = `Secret ${name} to have its value`;
    await until(async () => (await this.readValue(name)) === value, { what, ...(timeoutMs && { timeoutMs }) });
  }

  /** Waits until a sync is as the test wants it, and answers it; what it was instead is in the error. */
  async untilSync(
    name: string,
    what: string,
    isSo: (sync: SyncView) => boolean,
    timeoutMs = 15_000,
  ): Promise<SyncView> {
    let last: SyncView | undefined;
    const look = async (): Promise<boolean> => {
      last = await this.readSync(name);
      return last !== undefined && isSo(last);
    };
    await until(look, { what: `sync ${name} ${what}`, timeoutMs }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is: ${JSON.stringify(last?.status, null, 1)}`);
    });
    if (last === undefined) throw new Error(`no sync ${name}`);
    return last;
  }

  /** Events about an object of the namespace, in any order. */
  async events(name: string): Promise<readonly SeenEvent[]> {
    const path = `/apis/events.k8s.io/v1/namespaces/${this.namespace}/events`;
    const { items } = await this.kube.call<{ items: readonly (SeenEvent & { regarding: { name: string } })[] }>(
      'GET',
      path,
    );
    return items.filter(({ regarding }) => regarding.name === name);
  }

  async untilEvent(name: string, reason: string): Promise<SeenEvent> {
    const find = async (): Promise<SeenEvent | undefined> =>
      (await this.events(name)).find((event) => event.reason === reason);
    await until(async () => (await find()) !== undefined, { what: `an event ${reason} about ${name}` });
    const event = await find();
    if (event === undefined) throw new Error('the event is gone');
    return event;
  }

  /** Creates it, or replaces what stands there. */
  async #put(collection: string, object: KubeObject): Promise<void> {
    const path = `${collection}/${object.metadata.name}`;
    const found = await this.kube.find<KubeObject & { metadata: { resourceVersion: string } }>(path);
    if (found === undefined) {
      await this.kube.call('POST', collection, object);
      return;
    }
    const { resourceVersion } = found.metadata;
    await this.kube.call('PUT', path, { ...object, metadata: { ...object.metadata, resourceVersion } });
  }
}

/** As the API server answers it, with its values encoded, and fields left out. */
function toReadSecret(found: ReadSecret): ReadSecret {
  const data = Object.entries(found.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  return { ...found, immutable: found.immutable ?? false, data: Object.fromEntries(data) };
}

function isReady({ status, metadata }: SyncView): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && status?.observedGeneration === metadata.generation;
}
