import type { Fields } from './fields.ts';
import type { Report } from './finding.ts';
import type { SourceObject } from './source-object.ts';
import { type Store, toStore } from './store.ts';

/** The stores of the input. */
export class StoreIndex {
  readonly #sources: readonly SourceObject[];
  readonly #stores: ReadonlyMap<SourceObject, Store | undefined>;

  /** Reports what is wrong with each of them once, whoever uses it. */
  constructor(sources: readonly SourceObject[], report: Report) {
    this.#sources = sources;
    this.#stores = new Map(sources.map((source) => [source, toStore(source, report)]));
  }

  /** The store that `storeRef` or `secretStoreRef` names. Undefined: it is not there or not translated; why is reported. */
  find(ref: Fields, namespace: string): Store | undefined {
    const name = ref.text('name');
    const kind = ref.text('kind') || 'SecretStore';
    const source = this.#sources.find((each) => isMeant(each, { kind, name, namespace }));
    if (source === undefined) {
      ref.remark(undefined, {
        rule: 'store-missing',
        message: `means the ${kind} ${JSON.stringify(name)}, which is not in the input; add it with another -f`,
      });
      return undefined;
    }
    const store = this.#stores.get(source);
    if (store === undefined) {
      ref.remark(undefined, {
        rule: 'store-unsupported',
        message: `means the ${kind} ${JSON.stringify(name)}, which lockstep cannot take the place of; the entries of it are left out`,
      });
    }
    return store;
  }
}

interface Wanted {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** Manifests without a namespace are applied to the same one as others without. */
function isMeant(source: SourceObject, { kind, name, namespace }: Wanted): boolean {
  if (source.kind !== kind || source.name !== name) return false;
  return kind === 'ClusterSecretStore' || source.namespace === namespace || source.namespace === '' || namespace === '';
}
