import type forge from 'node-forge';

import { UnusableFile } from './unusable-file.ts';

/** What a PFX holds, in its order. */
export interface Pkcs12Content {
  /** X.509 in DER, byte for byte. */
  readonly certificates: readonly Buffer[];
  /** PKCS#8 in DER. */
  readonly keys: readonly Buffer[];
}

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
} as const;

/** Rounds of key derivation that one file may ask for, about half a second of work. OpenSSL writes 2,048, Java 10,000, twice each. */
const maxRounds = 100_000;
const damaged = 'it is neither PEM nor a PKCS#12 file that can be read';
const exportAnew =
  'export it anew: `openssl pkcs12 -in OLD -nodes -out all.pem`, `openssl pkcs12 -export -in all.pem -passout pass: -out NEW`';

/**
 * Opens a PKCS#12 file (PFX) that has no password or an empty one; OpenSSL and Windows mean different things by that. Its checksum
 * is not looked at: whoever can write the file can compute it. The driver's sync reads the old ciphers only; here those of
 * today too. Throws UnusableFile.
 */
export async function readPkcs12(file: Buffer): Promise<Pkcs12Content> {
  // Twelve megabytes that few need.
  const { default: library } = await import('node-forge');
  const reader = new Pkcs12Reader(library);
  try {
    reader.readFile(file);
  } catch (error) {
    if (error instanceof UnusableFile) throw error;
    throw new UnusableFile(`${damaged}; store PEM, or ${exportAnew}`);
  }
  return reader;
}

type Forge = typeof forge;
type Node = forge.asn1.Asn1;

/** Errors other than UnusableFile mean that the file is damaged. */
class Pkcs12Reader implements Pkcs12Content {
  readonly certificates: Buffer[] = [];
  readonly keys: Buffer[] = [];
  readonly #forge: Forge;
  #rounds = 0;

  constructor(library: Forge) {
    this.#forge = library;
  }

  readFile(file: Buffer): void {
    const [, authSafe] = membersOf(this.#parse(file.toString('latin1')));
    const contents = membersOf(this.#parse(octetsOf(this.#unwrap(authSafe, oids.data))));
    for (const content of contents) this.#readContent(content);
  }

  /** ContentInfo: plain or encrypted bags. */
  #readContent(content: Node): void {
    const bags =
      this.#typeOf(content) === oids.encryptedData
        ? this.#decryptContent(this.#unwrap(content, oids.encryptedData))
        : this.#parse(octetsOf(this.#unwrap(content, oids.data)));
    for (const bag of membersOf(bags)) this.#readBag(bag);
  }

  #readBag(bag: Node): void {
    const type = this.#typeOf(bag);
    if (type === oids.certBag) {
      const value = this.#unwrap(bag, type);
      this.certificates.push(Buffer.from(octetsOf(this.#unwrap(value, oids.x509Certificate)), 'latin1'));
    } else if (type === oids.keyBag) {
      this.keys.push(this.#encode(this.#unwrap(bag, type)));
    } else if (type === oids.shroudedKeyBag) {
      const [algorithm, encrypted] = membersOf(this.#unwrap(bag, type));
      this.keys.push(this.#encode(this.#decrypt(algorithm, octetsOf(encrypted))));
    }
    // Revocation lists and other things are no part of a TLS Secret.
  }

  /** EncryptedData: version, then type, algorithm and, tagged, the bytes. */
  #decryptContent(data: Node): Node {
    const [, content] = membersOf(data);
    const [, algorithm, encrypted] = membersOf(content);
    return this.#decrypt(algorithm, octetsOf(encrypted));
  }

  #decrypt(algorithm: Node | undefined, encrypted: string): Node {
    if (algorithm === undefined) throw new Error(damaged);
    this.#countRounds(algorithm);
    const { asn1, pki } = this.#forge;
    const { UNIVERSAL } = asn1.Class;
    const octets = asn1.create(UNIVERSAL, asn1.Type.OCTETSTRING, false, encrypted);
    const info = asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, [algorithm, octets]);
    // An edge: null, which the types do not list, is the missing password of Windows.
    for (const password of ['', null] as readonly string[]) {
      try {
        // Whatever is encrypted in a PFX has the form of an encrypted private key. Null: the padding is wrong.
        const plain: Node | null = pki.decryptPrivateKeyInfo(info, password);
        if (plain !== null) return plain;
      } catch (error) {
        if (isUnsupported(error)) throw new UnusableFile(`its PKCS#12 encryption is not known here; ${exportAnew}`);
      }
    }
    throw new UnusableFile(`its PKCS#12 content is protected by a password; ${exportAnew}`);
  }

  /** Every integer among the parameters, of which the rounds are the only large one. */
  #countRounds(node: Node): void {
    if (typeof node.value !== 'string') {
      for (const member of node.value) this.#countRounds(member);
    } else if (node.type === this.#forge.asn1.Type.INTEGER) {
      this.#rounds += Number(`0x${Buffer.from(node.value, 'latin1').toString('hex')}`);
      if (this.#rounds <= maxRounds) return;
      throw new UnusableFile(`its PKCS#12 encryption asks for more than ${maxRounds} rounds; ${exportAnew}`);
    }
  }

  #parse(bytes: string): Node {
    return this.#forge.asn1.fromDer(bytes);
  }

  #encode(node: Node): Buffer {
    return Buffer.from(this.#forge.asn1.toDer(node).getBytes(), 'latin1');
  }

  /** Many things here are a pair of what they are and, tagged, what they hold. */
  #typeOf(pair: Node | undefined): string {
    const [type] = membersOf(pair);
    if (typeof type?.value !== 'string') throw new Error(damaged);
    return this.#forge.asn1.derToOid(type.value);
  }

  #unwrap(pair: Node | undefined, type: string): Node {
    const [, tagged] = membersOf(pair);
    const [value] = membersOf(tagged);
    if (value === undefined || this.#typeOf(pair) !== type) throw new Error(damaged);
    return value;
  }
}

function membersOf(node: Node | undefined): readonly Node[] {
  if (node === undefined || typeof node.value === 'string') throw new Error(damaged);
  return node.value;
}

/** Windows and Java cut long ones into pieces. */
function octetsOf(node: Node | undefined): string {
  if (node === undefined) throw new Error(damaged);
  return typeof node.value === 'string' ? node.value : node.value.map(octetsOf).join('');
}

/** forge attaches the identifier of what it does not know. */
function isUnsupported(error: unknown): boolean {
  return error instanceof Error && 'oid' in error;
}
