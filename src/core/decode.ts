import type { Encoding } from './plan.ts';

/** The bytes that `text` stands for; undefined when it is not in that encoding. */
export function decodeText(text: string, encoding: Encoding): Buffer | undefined {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'base64':
      return decodeBase64(text);
    case 'hex':
      return text.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(text) ? Buffer.from(text, 'hex') : undefined;
  }
}

/** Parity: Go's StdEncoding, so standard alphabet, padding required, line breaks ignored anywhere. */
function decodeBase64(text: string): Buffer | undefined {
  const digits = text.replaceAll(/[\r\n]/g, '');
  const valid = digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
  return valid ? Buffer.from(digits, 'base64') : undefined;
}
