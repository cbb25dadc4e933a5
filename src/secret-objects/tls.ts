import type { X509Certificate } from 'node:crypto';

import type { ResolvedObject } from '../core/plan.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { Bundle } from './bundle.ts';
import { encodePem } from './pem.ts';
import type { PrivateKey } from './private-key.ts';
import { UnusableFile } from './unusable-file.ts';

/** Keys of a Secret of type kubernetes.io/tls that are cut out of their files; every other key keeps its file as it is. */
export const splitKeys = ['tls.crt', 'tls.key', 'ca.crt'] as const;
export type SplitKey = (typeof splitKeys)[number];

/** Values for the keys that could be made, and for the others why not: the end of a sentence that starts with key and object. */
export interface SplitTls {
  readonly values: ReadonlyMap<SplitKey, SecretBytes>;
  readonly failures: ReadonlyMap<SplitKey, string>;
}

/**
 * The parts of a TLS Secret out of PEM or PKCS#12. Parity: `tls.crt` is every certificate in order, `tls.key` the last private key,
 * both written anew as Go writes them. Beyond the driver's sync: `ca.crt`, of a file of its own every certificate, of the one
 * that another part comes from its certificates of authorities; and key and certificate must belong together.
 */
export async function splitTls(sources: ReadonlyMap<SplitKey, ResolvedObject>): Promise<SplitTls> {
  const parts = new Parts(sources);
  const certificates = await parts.take('tls.crt', (bundle) => bundle.certificates());
  const key = await parts.take('tls.key', (bundle) => bundle.privateKey());
  const authorities = await parts.take('ca.crt', (bundle) => {
    const isShared = ['tls.crt', 'tls.key'].some((other) => parts.haveSameSource('ca.crt', other));
    return isShared ? requireAuthorities(bundle.certificates()) : bundle.certificates();
  });
  const chain =
    certificates && key ? await parts.take('tls.crt', (bundle) => toChain(certificates, key, bundle)) : certificates;
  parts.set('tls.crt', chain && toPem(chain));
  parts.set('tls.key', key?.pem);
  parts.set('ca.crt', authorities && toPem(authorities));
  return parts;
}

/** Reads a file once, however many parts come from it: opening PKCS#12 is slow on purpose. */
class Parts implements SplitTls {
  readonly values = new Map<SplitKey, SecretBytes>();
  readonly failures = new Map<SplitKey, string>();
  readonly #sources: ReadonlyMap<string, ResolvedObject>;
  readonly #bundles = new Map<ResolvedObject, Promise<Bundle>>();

  constructor(sources: ReadonlyMap<SplitKey, ResolvedObject>) {
    this.#sources = sources;
  }

  /** Undefined: the key has no file, or `failures` says why. */
  async take<T>(key: SplitKey, from: (bundle: Bundle) => T): Promise<T | undefined> {
    const source = this.#sources.get(key);
    if (source === undefined) return undefined;
    try {
      return from(await this.#bundleOf(source));
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      this.failures.set(key, error.message);
      return undefined;
    }
  }

  set(key: SplitKey, pem: string | undefined): void {
    if (pem !== undefined) this.values.set(key, SecretBytes.from(pem));
  }

  haveSameSource(one: string, other: string): boolean {
    return this.#sources.get(one) === this.#sources.get(other);
  }

  #bundleOf(source: ResolvedObject): Promise<Bundle> {
    const known = this.#bundles.get(source);
    if (known) return known;
    const bundle = Bundle.read(source.contents);
    this.#bundles.set(source, bundle);
    return bundle;
  }
}

/** A server presents the first certificate: it has to be that of the key. */
function toChain(
  certificates: readonly X509Certificate[],
  { key }: PrivateKey,
  { isOrdered }: Bundle,
): readonly X509Certificate[] {
  const at = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (at < 0) {
    throw new UnusableFile(
      'its certificate does not belong to the private key of tls.key; store the two that belong together',
    );
  }
  if (at > 0 && isOrdered) {
    throw new UnusableFile(
      `the private key of tls.key belongs to certificate ${at + 1} of ${certificates.length}; put that one first`,
    );
  }
  return [...certificates.slice(at, at + 1), ...certificates.toSpliced(at, 1)];
}

function requireAuthorities(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const authorities = certificates.filter(isAuthority);
  if (authorities.length > 0) return authorities;
  throw new UnusableFile(
    'none of its certificates is one of an authority; add the chain, or name an object of its own',
  );
}

/** Old roots do not say that they are authorities, but nobody else issues for itself. */
function isAuthority({ ca, issuer, subject }: X509Certificate): boolean {
  return ca || issuer === subject;
}

function toPem(certificates: readonly X509Certificate[]): string {
  return certificates.map(({ raw }) => encodePem('CERTIFICATE', raw)).join('');
}
