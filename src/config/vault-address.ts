/**
 * Why an address of Vault or OpenBao is refused, as the end of a sentence that starts with its source; undefined: it is
 * fine. Shows no credentials that somebody put into it.
 */
export function checkVaultAddress(text: string): string | undefined {
  if (/^unix:\/\/\/\S+$/.test(text)) return undefined;
  const url = URL.parse(text);
  if (url?.username || url?.password) return 'carries credentials; leave them out';
  if (url !== null && /^https?:\/\/[^\s?#]+$/i.test(text)) return undefined;
  return `is no address (${JSON.stringify(text)}); write https://HOST:PORT, http://HOST:PORT or unix:///PATH`;
}
