import { names } from '../../src/controller/names.ts';
import type { SyncStatus } from '../../src/controller/status/sync-status.ts';
import type { Condition } from '../../src/kube/condition.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type KubeObject, membersOf, type ObjectMeta, resources } from '../../src/kube/objects.ts';
import { failed, FakeBackend, found } from './backend.ts';
import { FakeClock } from './clock.ts';
import { FakeKube } from './kube-server.ts';

export const namespace = 'shop';

export interface ClassParts {
  readonly metadata?: Partial<ObjectMeta>;
  readonly provider?: string;
  /** An object `a` from the value of the class's name unless given. */
  readonly objects?: readonly object[];
  /** A Secret of the class's name with that object under the key `a` unless given. */
  readonly secretObjects?: readonly object[];
}

export interface SecretParts {
  readonly metadata?: Partial<ObjectMeta>;
  readonly type?: string;
  readonly immutable?: boolean;
}

/** The object `a` from the value of a name, unless it is called otherwise. */
export function objectOf(name: string, more: object = {}): object {
  return { objectName: 'a', secretPath: `secret/data/${name}`, secretKey: 'value', ...more };
}

/** A Secret with an object under a key of the same name; `a` unless told otherwise. */
export function secretOf(secretName: string, objects: readonly string[] = ['a'], more: object = {}): object {
  const data = objects.map((objectName) => ({ objectName, key: objectName.replaceAll('/', '.') }));
  return { secretName, type: 'Opaque', data, ...more };
}

/** What surrounds a controller: an API server with what people put there, a store, and time. Objects are of `shop`. */
export class SyncWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly backend = new FakeBackend();
  readonly kube: FakeKube;
  /** What the store has, by name. */
  readonly values = new Map<string, string>();
  /** What the store answers in place of it. */
  failure: ErrorCode | undefined;
  #mark = 0;

  private constructor(kube: FakeKube) {
    this.kube = kube;
    this.backend.answer = ({ request: { path } }) => {
      if (this.failure !== undefined) return failed(this.failure);
      const value = this.values.get(path.slice('/v1/secret/data/'.length));
      return value === undefined ? failed('VAULT_NOT_FOUND') : found({ value });
    };
  }

  static async start(): Promise<SyncWorld> {
    let world: SyncWorld | undefined;
    const kube = await FakeKube.start({ now: () => world?.clock.now() ?? 0 });
    world = new SyncWorld(kube);
    return world;
  }

  /** Made or replaced, as by `kubectl apply`. */
  putClass(name: string, { metadata, provider = 'vault', objects, secretObjects }: ClassParts = {}): void {
    const parameters = { roleName: 'app', objects: JSON.stringify(objects ?? [objectOf(name)]) };
    const spec = { provider, parameters, secretObjects: secretObjects ?? [secretOf(name)] };
    this.kube.put(resources.classes, {
      metadata: { namespace, name, labels: { [names.syncLabel]: 'true' }, ...metadata },
      spec,
    });
  }

  /** Made or replaced; a status that it has stays. */
  putSync(name: string, spec: object = {}, metadata: Partial<ObjectMeta> = {}): void {
    const place = { namespace, name, ...metadata };
    const status = this.kube.get(resources.syncs, place.namespace, name)?.['status'];
    this.kube.put(resources.syncs, {
      metadata: place,
      spec: { secretProviderClassName: name, serviceAccountName: 'app', ...spec },
      ...(status !== undefined && { status }),
    });
  }

  /** A value `value of NAME` at the store, a class for it, and a sync of the class. */
  putPair(name: string, spec: object = {}): void {
    if (!this.values.has(name)) this.values.set(name, `value of ${name}`);
    this.putClass(name);
    this.putSync(name, spec);
  }

  /** A Secret as somebody else makes it or replaces it. */
  putSecret(name: string, data: Readonly<Record<string, string>>, { metadata, ...parts }: SecretParts = {}): void {
    this.kube.put(resources.secrets, { metadata: { namespace, name, ...metadata }, ...parts, stringData: data });
  }

  /** What the API server has. */
  rawSecret(name: string): KubeObject | undefined {
    return this.kube.get(resources.secrets, namespace, name);
  }

  /** Throws where there is none. */
  secret(name: string): KubeObject {
    const object = this.rawSecret(name);
    if (!object) throw new Error(`there is no Secret ${name}`);
    return object;
  }

  /** What a Secret holds; undefined: there is none. */
  data(name: string, where = namespace): Readonly<Record<string, string>> | undefined {
    const object = this.kube.get(resources.secrets, where, name);
    if (object === undefined) return undefined;
    const entries = Object.entries(membersOf(object['data']));
    return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]));
  }

  sync(name: string): KubeObject | undefined {
    return this.kube.get(resources.syncs, namespace, name);
  }

  status(name: string): SyncStatus {
    return membersOf(this.sync(name)?.['status']);
  }

  condition(name: string, type = 'Ready'): Condition | undefined {
    return this.status(name).conditions?.find((each) => each.type === type);
  }

  /** A new value of the annotation that makes a sync ask the store. */
  force(name: string, request: string): void {
    const object = this.sync(name);
    this.putSync(name, membersOf(object?.['spec']), { annotations: { [names.forceSync]: request } });
  }

  /** Reasons of Events about a sync, sorted, each as often as it is counted. */
  events(name: string): readonly string[] {
    const isAbout = ({ regarding }: KubeObject): boolean => {
      const about = membersOf(regarding);
      return about['kind'] === resources.syncs.kind && about['name'] === name;
    };
    const about = this.kube.all(resources.events, namespace).filter(isAbout);
    const count = ({ series }: KubeObject): number => Number(membersOf(series)['count'] ?? 1);
    return about.flatMap((event) => Array.from({ length: count(event) }, () => String(event['reason']))).toSorted();
  }

  /** From now on `calls` and `writes` count. */
  mark(): void {
    this.#mark = this.kube.requests.length;
  }

  /** What was asked of the API server since the mark, but for lists, watches and Events. */
  get calls(): readonly string[] {
    const calls = this.kube.calls.slice(this.#mark);
    return calls.filter((call) => !/^(list|watch) | events /.test(call));
  }

  /** Those that change something. */
  get writes(): readonly string[] {
    return this.calls.filter((call) => !call.startsWith('get '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kube[Symbol.asyncDispose]();
  }
}
