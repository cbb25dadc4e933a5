import { createPrivateKey, type KeyObject } from 'node:crypto';

import { encodePem, type PemBlock } from './pem.ts';
import { UnusableFile } from './unusable-file.ts';

export interface PrivateKey {
  readonly key: KeyObject;
  /** One block, as it stands in tls.key. */
  readonly pem: string;
}

const decrypt = 'store it without one: `openssl pkey -in KEY -out KEY.plain`';
const convert = 'it must be RSA, EC or Ed25519 in PKCS#8, PKCS#1 or SEC 1; `openssl pkey` converts it';

/**
 * A private key in the form in which the driver's sync writes it, so that a Secret does not change when lockstep takes it over.
 * Parity: RSA becomes PKCS#1, EC becomes SEC 1, whatever it was before. Where that sync fails, Ed25519 and others stay PKCS#8.
 * Throws UnusableFile.
 */
export function readPrivateKey(block: PemBlock): PrivateKey {
  if (block.isEncrypted || block.label === 'ENCRYPTED PRIVATE KEY') {
    throw new UnusableFile(`its private key is protected by a passphrase; ${decrypt}`);
  }
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw new UnusableFile('its private key is one of OpenSSH; `ssh-keygen -p -m pkcs8 -f KEY` converts it');
  }
  const key = toKey(block.der);
  if (key === undefined) throw new UnusableFile(`its private key cannot be read; ${convert}`);
  return { key, pem: toPem(key) };
}

/** Parity: the label does not count, what the bytes are does. */
function toKey(der: Buffer): KeyObject | undefined {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key: der, format: 'der', type });
    } catch {
      // The next one; what OpenSSL says about bytes of another form helps nobody.
    }
  }
  return undefined;
}

function toPem(key: KeyObject): string {
  const type = key.asymmetricKeyType;
  if (type === 'rsa') return encodePem('RSA PRIVATE KEY', key.export({ type: 'pkcs1', format: 'der' }));
  if (type === 'ec') return encodePem('EC PRIVATE KEY', toSec1(key));
  return encodePem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }));
}

/** Object identifiers of the curves in DER, and the bytes of a coordinate. */
const curves: ReadonlyMap<string, { readonly oid: string; readonly sizeBytes: number }> = new Map([
  ['prime256v1', { oid: '06082a8648ce3d030107', sizeBytes: 32 }],
  ['secp384r1', { oid: '06052b81040022', sizeBytes: 48 }],
  ['secp521r1', { oid: '06052b81040023', sizeBytes: 66 }],
]);

/**
 * Parity: Go names the curve and always writes the public point, uncompressed; OpenSSL keeps what it read. Curves that Go does
 * not know are left to OpenSSL.
 */
function toSec1(key: KeyObject): Buffer {
  const curve = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '');
  if (curve === undefined) return key.export({ type: 'sec1', format: 'der' });
  const { d, x, y } = key.export({ format: 'jwk' });
  const [secret, ...point] = [d, x, y].map((part) => leftPad(Buffer.from(part ?? '', 'base64url'), curve.sizeBytes));
  return der(0x30, [
    Buffer.from('020101', 'hex'),
    der(0x04, [secret ?? Buffer.alloc(0)]),
    der(0xa0, [Buffer.from(curve.oid, 'hex')]),
    // No unused bits; both coordinates.
    der(0xa1, [der(0x03, [Buffer.from('0004', 'hex'), ...point])]),
  ]);
}

function leftPad(bytes: Buffer, sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, sizeBytes - bytes.byteLength)), bytes]);
}

/** One element; nothing in a key of these curves is longer than 255 bytes. */
function der(tag: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.byteLength < 0x80 ? [content.byteLength] : [0x81, content.byteLength];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
