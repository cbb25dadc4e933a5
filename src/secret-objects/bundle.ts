import { X509Certificate } from 'node:crypto';

import { decodeText } from '../core/decode.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import { decodePem, mentionsPem, type PemBlock, type PemText } from './pem.ts';
import { readPkcs12 } from './pkcs12.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { UnusableFile } from './unusable-file.ts';

/** A file with certificates, a private key, or both: PEM, PKCS#12, or that in base64. */
export class Bundle {
  readonly #blocks: readonly PemBlock[];
  readonly #damaged: readonly string[];
  /** PKCS#12 has no order of certificates to speak of; that of PEM is the author's. */
  readonly isOrdered: boolean;

  private constructor({ blocks, damaged }: PemText, isOrdered: boolean) {
    this.#blocks = blocks;
    this.#damaged = damaged;
    this.isOrdered = isOrdered;
  }

  /** Throws UnusableFile. */
  static async read(contents: SecretBytes): Promise<Bundle> {
    const bytes = contents.reveal();
    const text = bytes.toString('latin1');
    if (mentionsPem(text)) return new Bundle(decodePem(text), true);
    const { certificates, keys } = await readPkcs12(toPfx(bytes, text));
    const toBlocks = (label: string, ders: readonly Buffer[]): readonly PemBlock[] =>
      ders.map((der) => ({ label, der, isEncrypted: false }));
    const blocks = [...toBlocks(certificateLabel, certificates), ...toBlocks(keyLabel, keys)];
    return new Bundle({ blocks, damaged: [] }, false);
  }

  /** In order, at least one. Throws UnusableFile. */
  certificates(): readonly X509Certificate[] {
    this.#requireIntact((label) => label === certificateLabel);
    const blocks = this.#blocks.filter(({ label }) => label === certificateLabel);
    if (blocks.length === 0) throw new UnusableFile('it holds no certificate (a PEM block CERTIFICATE, or PKCS#12)');
    return blocks.map(({ der }, index) => toCertificate(der, `certificate ${index + 1} of ${blocks.length}`));
  }

  /** Parity: of several the last; what is no certificate and has an unusual label may be one too. Throws UnusableFile. */
  privateKey(): PrivateKey {
    this.#requireIntact(isKeyLabel);
    const others = this.#blocks.filter(({ label }) => label !== certificateLabel);
    const block = others.findLast(({ label }) => isKeyLabel(label)) ?? others.at(-1);
    if (block === undefined) throw new UnusableFile('it holds no private key (a PEM block PRIVATE KEY, or PKCS#12)');
    return readPrivateKey(block);
  }

  /** Of a text without any line breaks not even the labels can be told. */
  #requireIntact(isNeeded: (label: string) => boolean): void {
    if (!this.#damaged.some((label) => isNeeded(label) || this.#blocks.length === 0)) return;
    const remedy = 'BEGIN and END must match, on lines of their own, with base64 between them';
    throw new UnusableFile(`a PEM block in it is damaged; ${remedy}`);
  }
}

const certificateLabel = 'CERTIFICATE';
const keyLabel = 'PRIVATE KEY';
/** The first byte of every PKCS#12 file: a sequence. */
const sequenceTag = 0x30;

function isKeyLabel(label: string): boolean {
  return label.endsWith(keyLabel);
}

/** Stores that keep text only hold a PFX as base64. */
function toPfx(bytes: Buffer, text: string): Buffer {
  if (bytes[0] === sequenceTag) return bytes;
  const decoded = decodeText(text.trim(), 'base64');
  if (decoded?.[0] === sequenceTag) return decoded;
  throw new UnusableFile(
    'it is neither PEM nor PKCS#12, nor PKCS#12 in base64; store the certificate in one of these forms',
  );
}

function toCertificate(der: Buffer, which: string): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new UnusableFile(`${which} cannot be read as X.509; store it anew`);
  }
}
