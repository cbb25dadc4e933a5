import { decodeText } from '../core/decode.ts';

export interface PemBlock {
  /** `CERTIFICATE`, `RSA PRIVATE KEY`, or anything else: it comes out of the secret and is not for messages. */
  readonly label: string;
  readonly der: Buffer;
  /** By the old way of OpenSSL, which headers announce. */
  readonly isEncrypted: boolean;
}

export interface PemText {
  readonly blocks: readonly PemBlock[];
  /** Labels of blocks that have no end or whose content is no base64. */
  readonly damaged: readonly string[];
}

const beginMarker = '-----BEGIN ';
const endMarker = '-----END ';
const dashes = '-----';
const lineLength = 64;

/**
 * The blocks of a text in order; what stands between them is ignored. Parity: Go's pem.Decode, which the driver uses, but that
 * it skips what is damaged, and that the lines may be indented here.
 */
export function decodePem(text: string): PemText {
  const blocks: PemBlock[] = [];
  const damaged: string[] = [];
  let open: OpenBlock | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    const label = labelOf(line);
    if (label !== undefined) {
      if (open) damaged.push(open.label);
      open = { label, lines: [] };
    } else if (open && line.startsWith(endMarker)) {
      const block = line === `${endMarker}${open.label}${dashes}` ? toBlock(open) : undefined;
      if (block) blocks.push(block);
      else damaged.push(open.label);
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  if (open) damaged.push(open.label);
  return { blocks, damaged };
}

/** One block as Go writes it: 64 columns, no headers, a line break at the end. */
export function encodePem(label: string, der: Buffer): string {
  const text = der.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += lineLength) lines.push(`${text.slice(at, at + lineLength)}\n`);
  return `${beginMarker}${label}${dashes}\n${lines.join('')}${endMarker}${label}${dashes}\n`;
}

/** Whether a text at least tries to be PEM. */
export function mentionsPem(text: string): boolean {
  return text.includes(beginMarker);
}

interface OpenBlock {
  readonly label: string;
  readonly lines: string[];
}

function labelOf(line: string): string | undefined {
  const isBegin = line.startsWith(beginMarker) && line.length >= beginMarker.length + dashes.length;
  return isBegin && line.endsWith(dashes) ? line.slice(beginMarker.length, -dashes.length) : undefined;
}

function toBlock({ label, lines }: OpenBlock): PemBlock | undefined {
  const end = lines.findIndex((line) => !line.includes(':'));
  const [headers, body] = end < 0 ? [lines, []] : [lines.slice(0, end), lines.slice(end)];
  const der = decodeText(body.join('').replaceAll(/[ \t]/g, ''), 'base64');
  return der && { label, der, isEncrypted: headers.some((header) => /^Proc-Type:.*ENCRYPTED/.test(header)) };
}
