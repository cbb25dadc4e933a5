import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { type KubeObject, resources } from '../../src/kube/objects.ts';
import {
  createVersionSecrets,
  type EnsuredVersion,
  type VersionSecrets,
  type VersionSource,
} from '../../src/rollout/versions/version-secrets.ts';
import { FakeClock } from './clock.ts';
import { createKubeUnderTest, type KubeUnderTest } from './kube-client-under-test.ts';

const { signal } = new AbortController();

/** A version key, of so many. */
export function versionKeyOf(fill: number): SecretBytes {
  return SecretBytes.from(Buffer.alloc(32, fill));
}

/** `shop/db` with one key. */
export function versionSource(password: string, change: Partial<VersionSource> = {}): VersionSource {
  const data = new Map([['password', SecretBytes.from(password)]]);
  return { namespace: 'shop', name: 'db', type: 'Opaque', data, labels: {}, ...change };
}

/** Versions of Secrets before a fake API server, whose clock is theirs. */
export class VersionsUnderTest {
  readonly clock: FakeClock;
  readonly #test: KubeUnderTest;

  private constructor(test: KubeUnderTest, clock: FakeClock) {
    this.#test = test;
    this.clock = clock;
  }

  static async start(): Promise<VersionsUnderTest> {
    const clock = new FakeClock();
    return new VersionsUnderTest(await createKubeUnderTest({ now: () => clock.now() }), clock);
  }

  get kube(): KubeUnderTest['kube'] {
    return this.#test.kube;
  }

  get client(): KubeUnderTest['client'] {
    return this.#test.client;
  }

  versions(versionKey = versionKeyOf(1)): VersionSecrets {
    return createVersionSecrets({ client: this.client, clock: this.clock, versionKey });
  }

  async ensure(source: VersionSource, current?: string, versionKey?: SecretBytes): Promise<EnsuredVersion> {
    return await this.versions(versionKey).ensure(source, { current, signal });
  }

  /** Secrets of all namespaces. */
  all(): readonly KubeObject[] {
    return this.kube.all(resources.secrets);
  }

  get(name: string): KubeObject | undefined {
    return this.kube.get(resources.secrets, 'shop', name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#test[Symbol.asyncDispose]();
  }
}
