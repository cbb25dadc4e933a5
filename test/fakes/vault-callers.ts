import { requestTimeoutMs } from '../../src/backends/vault/limits.ts';
import type { Caller } from '../../src/core/caller.ts';
import type { VaultAuth, VaultRef, VaultRequest, VaultStore, VaultTls } from '../../src/core/object-ref.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { FakeClock } from './clock.ts';

export const noTls: VaultTls = {
  caFile: '',
  caDirectory: '',
  serverName: '',
  clientCertFile: '',
  clientKeyFile: '',
  skipVerify: false,
};

export const kubernetesAuth: VaultAuth = {
  method: 'service-account',
  mount: 'kubernetes',
  role: 'app',
  audience: 'vault',
};

/** A plain read of `path` (below /v1/) with the role `app`. */
export function vaultRef(
  address: string,
  path: string,
  { store, request }: { readonly store?: Partial<VaultStore>; readonly request?: Partial<VaultRequest> } = {},
): VaultRef {
  return {
    kind: 'vault',
    store: { address, namespace: '', tls: noTls, auth: kubernetesAuth, ...store },
    request: { method: 'GET', path: `/v1/${path}`, query: '', ...request },
  };
}

/** A pod of the service account `shop/app` with a token for the audience `vault`. */
export function podCaller(name: string, more: Partial<Caller> = {}): Caller {
  return {
    kind: 'pod',
    namespace: 'shop',
    serviceAccount: 'app',
    pod: { name, uid: `uid-of-${name}` },
    tokens: new Map([['vault', SecretBytes.from(`jwt-of-${name}`)]]),
    secrets: new Map(),
    ...more,
  };
}

export const pods = ['one', 'two', 'three', 'four', 'five'].map((name) => podCaller(name));
export const [one = podCaller('one'), two = podCaller('two')] = pods;

/** Where they log in. */
export const login = '/v1/auth/kubernetes/login';
/** What Vault says of a login that it ties to the account itself. */
export const kubernetes = { metadata: { service_account_namespace: 'shop', service_account_name: 'app' } };

/** Time that jumps over every pause, and knows how many requests are under way. */
export class EagerClock extends FakeClock {
  readonly sleeps: number[] = [];
  #deadlines = 0;

  /** Requests that have begun and not ended: each has a deadline of 60 s. */
  get requestsUnderWay(): number {
    return this.#deadlines;
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    await this.advance(ms);
    signal?.throwIfAborted();
  }

  override timer(ms: number, fn: () => void): Disposable {
    if (ms !== requestTimeoutMs) return super.timer(ms, fn);
    let isPending = true;
    const settle = (): void => {
      if (isPending) this.#deadlines--;
      isPending = false;
    };
    this.#deadlines++;
    const timer = super.timer(ms, () => {
      settle();
      fn();
    });
    return {
      [Symbol.dispose]: () => {
        settle();
        timer[Symbol.dispose]();
      },
    };
  }
}
