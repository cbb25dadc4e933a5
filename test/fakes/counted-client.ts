import type { ApiClient } from '../../src/kube/client/api-client.ts';

/** A client that tells how many of its calls are under way, besides watches, and how many there were. */
export class CountedCalls {
  open = 0;
  total = 0;

  wrap(client: ApiClient): ApiClient {
    return {
      ...client,
      get: (...call) => this.#count(client.get(...call)),
      list: (...call) => this.#count(client.list(...call)),
      apply: (...call) => this.#count(client.apply(...call)),
      create: (...call) => this.#count(client.create(...call)),
      update: (...call) => this.#count(client.update(...call)),
      patch: (...call) => this.#count(client.patch(...call)),
      delete: (...call) => this.#count(client.delete(...call)),
      createSubresource: (...call) => this.#count(client.createSubresource(...call)),
    };
  }

  async #count<T>(call: Promise<T>): Promise<T> {
    this.open++;
    this.total++;
    try {
      return await call;
    } finally {
      this.open--;
    }
  }
}
